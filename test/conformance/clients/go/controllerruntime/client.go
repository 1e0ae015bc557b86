// Package controllerruntime has the checks of controller-runtime: its client, its cache, and a controller.
package controllerruntime

import (
	"fmt"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

// Checks answers all checks of controller-runtime.
func Checks() []checks.Check { return append(clientChecks(), cacheChecks()...) }

func newClient(t *checks.T) client.WithWatch {
	c, err := client.NewWithWatch(t.Config, client.Options{Scheme: deployments.Scheme()})
	t.Must(err, "client")
	return c
}

func clientChecks() []checks.Check {
	return []checks.Check{
		{Name: "client: typed, unstructured and metadata-only reads agree", Run: func(t *checks.T) {
			c := newClient(t)
			object := deployments.New(t.Namespace, "one")
			t.Must(c.Create(t, object), "create")
			key := client.ObjectKeyFromObject(object)
			loose := &unstructured.Unstructured{}
			loose.SetGroupVersionKind(deployments.Kind)
			t.Must(c.Get(t, key, loose), "get without types")
			partial := &metav1.PartialObjectMetadata{}
			partial.SetGroupVersionKind(deployments.V1Alpha1.WithKind("ModelDeployment"))
			t.Must(c.Get(t, key, partial), "get of the metadata")
			t.Equal([]any{loose.GetUID(), partial.UID}, []any{object.UID, object.UID}, "uids")
			list := &deployments.ModelDeploymentList{}
			t.Must(c.List(t, list, client.InNamespace(t.Namespace), client.MatchingFields{"spec.provider.name": "vllm"}), "list")
			t.Equal(len(list.Items), 1, "number of items")
			t.Must(c.List(t, list, client.InNamespace(t.Namespace), client.MatchingFields{"spec.provider.name": "kaito"}), "list")
			t.Equal(len(list.Items), 0, "number of items")
		}},
		{Name: "client: a patch with an optimistic lock is refused when it is late", Run: func(t *checks.T) {
			c := newClient(t)
			object := deployments.New(t.Namespace, "one")
			t.Must(c.Create(t, object), "create")
			stale := object.DeepCopy()
			length := int32(2048)
			changed := object.DeepCopy()
			changed.Spec.Engine.ContextLength = &length
			t.Must(c.Patch(t, changed, client.MergeFrom(object)), "patch")
			late := stale.DeepCopy()
			late.Spec.Engine.ContextLength = nil
			late.Labels = map[string]string{"late": "yes"}
			err := c.Patch(t, late, client.MergeFromWithOptions(stale, client.MergeFromWithOptimisticLock{}))
			t.Refused(err, errors.IsConflict)
		}},
		{Name: "client: CreateOrUpdate creates, updates, and leaves alone what is as it should be", Run: func(t *checks.T) {
			c := newClient(t)
			ensure := func(model string) controllerutil.OperationResult {
				var result controllerutil.OperationResult
				err := retry.RetryOnConflict(retry.DefaultBackoff, func() (err error) {
					object := &deployments.ModelDeployment{ObjectMeta: metav1.ObjectMeta{Namespace: t.Namespace, Name: "one"}}
					result, err = controllerutil.CreateOrUpdate(t, c, object, func() error {
						if object.UID == "" {
							object.Spec = deployments.New("", "").Spec
						}
						object.Spec.Model.ID = model
						controllerutil.AddFinalizer(object, "example.com/check")
						return nil
					})
					return err
				})
				t.Must(err, "create or update")
				return result
			}
			results := []controllerutil.OperationResult{ensure("Qwen/Qwen3-0.6B"), ensure("Qwen/Qwen3-0.6B"), ensure("Qwen/Qwen3-8B")}
			t.Equal(fmt.Sprint(results), "[created unchanged updated]", "results")
			object := deployments.New(t.Namespace, "one")
			t.Must(c.Delete(t, object), "delete")
			t.Must(c.Get(t, client.ObjectKeyFromObject(object), object), "get while the finalizer is there")
			t.True(!object.DeletionTimestamp.IsZero(), "the deletion waits for the finalizer")
			lifted := object.DeepCopy()
			controllerutil.RemoveFinalizer(lifted, "example.com/check")
			t.Must(c.Patch(t, lifted, client.MergeFrom(object)), "patch")
			t.Eventually("the object is gone", func() error {
				err := c.Get(t, client.ObjectKeyFromObject(object), object)
				if errors.IsNotFound(err) {
					return nil
				}
				return fmt.Errorf("get: %v", err)
			})
		}},
		{Name: "client: the status writer and the scale subresource change what is theirs", Run: func(t *checks.T) {
			c := newClient(t)
			object := deployments.New(t.Namespace, "one")
			t.Must(c.Create(t, object), "create")
			before := object.DeepCopy()
			object.Status.Message = "said by a test"
			object.Labels = map[string]string{"smuggled": "yes"}
			t.Must(c.Status().Patch(t, object, client.MergeFrom(before)), "patch of the status")
			t.Equal(object.Status.Message, "said by a test", "status.message")
			t.Equal(len(object.Labels), 0, "number of labels")
			scaled := &autoscalingv1.Scale{}
			t.Must(c.SubResource("scale").Get(t, object, scaled), "get of the scale")
			scaled.Spec.Replicas = 2
			scaled.ResourceVersion = ""
			t.Must(c.SubResource("scale").Update(t, object, client.WithSubResourceBody(scaled)), "update of the scale")
			t.Must(c.Get(t, client.ObjectKeyFromObject(object), object), "get")
			t.Equal(*object.Spec.Serving.Replicas, int32(2), "spec.serving.replicas")
		}},
		{Name: "client: apply reports conflicts, forces, and applies the status", Run: applies},
		{Name: "client: a watch of a list tells what happens to its items", Run: func(t *checks.T) {
			c := newClient(t)
			list := &deployments.ModelDeploymentList{}
			w, err := c.Watch(t, list, client.InNamespace(t.Namespace), client.MatchingLabels{"watched": "yes"})
			t.Must(err, "watch")
			defer w.Stop()
			t.Must(c.Create(t, deployments.New(t.Namespace, "other")), "create")
			object := deployments.New(t.Namespace, "one")
			object.Labels = map[string]string{"watched": "yes"}
			t.Must(c.Create(t, object), "create")
			t.Must(c.Delete(t, object), "delete")
			for last := watch.EventType(""); last != watch.Deleted; {
				event := checks.Next(t, w.ResultChan(), "event")
				t.Equal(event.Object.(*deployments.ModelDeployment).UID, object.UID, "uid")
				t.True((last == "") == (event.Type == watch.Added), "what is added comes first: %s after %q", event.Type, last)
				last = event.Type
			}
		}},
	}
}

func applies(t *checks.T) {
	c := newClient(t)
	apply := func(manager, model string, options ...client.ApplyOption) (*unstructured.Unstructured, error) {
		object := deployments.NewUnstructured(t.Namespace, "one")
		t.Must(unstructured.SetNestedField(object.Object, model, "spec", "model", "id"), "set")
		return object, c.Apply(t, client.ApplyConfigurationFromUnstructured(object), append(options, client.FieldOwner(manager))...)
	}
	created, err := apply("first", "Qwen/Qwen3-0.6B")
	t.Must(err, "apply")
	t.True(created.GetUID() != "", "the answer is read into the object")
	_, err = apply("second", "Qwen/Qwen3-8B")
	t.Refused(err, errors.IsConflict, `conflict with "first"`)
	forced, err := apply("second", "Qwen/Qwen3-8B", client.ForceOwnership)
	t.Must(err, "forced apply")
	t.Equal(forced.GetGeneration(), int64(2), "generation")
	status := &unstructured.Unstructured{Object: map[string]any{
		"status": map[string]any{"message": "applied by a test"},
	}}
	status.SetGroupVersionKind(deployments.Kind)
	status.SetNamespace(t.Namespace)
	status.SetName("one")
	// The reconciler, which said something else before, is overruled for as long as nobody asks it again.
	t.Must(c.Status().Apply(t, client.ApplyConfigurationFromUnstructured(status), client.FieldOwner("checker"), client.ForceOwnership), "apply of the status")
	message, _, _ := unstructured.NestedString(status.Object, "status", "message")
	t.Equal(message, "applied by a test", "status.message")
}
