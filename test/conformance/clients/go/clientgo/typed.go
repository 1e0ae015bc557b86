// Package clientgo has the checks of client-go: one file for each of its clients and tools.
package clientgo

import (
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/retry"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

const plural = "modeldeployments"

// typed is what a generated clientset does for one resource.
type typed struct {
	t          *checks.T
	rest       *rest.RESTClient
	parameters runtime.ParameterCodec
}

func newTyped(t *checks.T) typed {
	scheme := deployments.Scheme()
	client, err := deployments.RESTClient(t.Config, scheme)
	t.Must(err, "client")
	return typed{t, client, runtime.NewParameterCodec(scheme)}
}

func (c typed) request(verb *rest.Request) *rest.Request {
	return verb.Namespace(c.t.Namespace).Resource(plural)
}

func (c typed) create(object *deployments.ModelDeployment) (*deployments.ModelDeployment, error) {
	out := &deployments.ModelDeployment{}
	return out, c.request(c.rest.Post()).Body(object).Do(c.t).Into(out)
}

func (c typed) mustCreate(name string, edits ...func(*deployments.ModelDeployment)) *deployments.ModelDeployment {
	object := deployments.New(c.t.Namespace, name)
	for _, edit := range edits {
		edit(object)
	}
	out, err := c.create(object)
	c.t.Must(err, "create "+name)
	return out
}

func (c typed) get(name string) (*deployments.ModelDeployment, error) {
	out := &deployments.ModelDeployment{}
	return out, c.request(c.rest.Get()).Name(name).Do(c.t).Into(out)
}

func (c typed) update(object *deployments.ModelDeployment, subresource ...string) (*deployments.ModelDeployment, error) {
	out := &deployments.ModelDeployment{}
	request := c.request(c.rest.Put()).Name(object.Name).SubResource(subresource...)
	return out, request.Body(object).Do(c.t).Into(out)
}

func (c typed) list(options metav1.ListOptions) (*deployments.ModelDeploymentList, error) {
	out := &deployments.ModelDeploymentList{}
	return out, c.request(c.rest.Get()).VersionedParams(&options, c.parameters).Do(c.t).Into(out)
}

// listWatch is what a generated informer reads from.
func (c typed) listWatch() *cache.ListWatch {
	return &cache.ListWatch{
		ListFunc:  func(options metav1.ListOptions) (runtime.Object, error) { return c.list(options) },
		WatchFunc: c.watch,
	}
}

func (c typed) watch(options metav1.ListOptions) (watch.Interface, error) {
	options.Watch = true
	return c.request(c.rest.Get()).VersionedParams(&options, c.parameters).Watch(c.t)
}

func (c typed) delete(name string, options metav1.DeleteOptions) error {
	return c.request(c.rest.Delete()).Name(name).Body(&options).Do(c.t).Error()
}

// change updates an object as a controller does: again when somebody else was faster.
func (c typed) change(name string, edit func(*deployments.ModelDeployment)) *deployments.ModelDeployment {
	var out *deployments.ModelDeployment
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		object, err := c.get(name)
		if err != nil {
			return err
		}
		edit(object)
		out, err = c.update(object)
		return err
	})
	c.t.Must(err, "update "+name)
	return out
}

func names(list *deployments.ModelDeploymentList) []string {
	out := []string{}
	for i := range list.Items {
		out = append(out, list.Items[i].Name)
	}
	return out
}

func typedChecks() []checks.Check {
	return []checks.Check{
		{Name: "typed: what is created comes back with defaults, and explicit zero values stay", Run: func(t *checks.T) {
			c := newTyped(t)
			no, zero := false, int32(0)
			created := c.mustCreate("one", func(object *deployments.ModelDeployment) {
				object.Spec.Engine.EnforceEager = &no
				object.Spec.Serving.Replicas = &zero
			})
			t.True(created.UID != "" && created.ResourceVersion != "" && !created.CreationTimestamp.IsZero(), "identity is set")
			t.Equal(created.Generation, int64(1), "generation")
			t.Equal(created.Spec.Model.Source, "huggingface", "spec.model.source")
			t.Equal(created.Spec.Serving.Mode, "aggregated", "spec.serving.mode")
			read, err := c.get("one")
			t.Must(err, "get")
			t.Equal(read.UID, created.UID, "uid")
			t.Equal(*read.Spec.Engine.EnforceEager, false, "spec.engine.enforceEager")
			t.Equal(*read.Spec.Serving.Replicas, int32(0), "spec.serving.replicas")
		}},
		{Name: "typed: an update from a stale copy is a conflict, a retry from a fresh one succeeds", Run: func(t *checks.T) {
			c := newTyped(t)
			stale := c.mustCreate("one")
			length := int32(4096)
			changed := c.change("one", func(object *deployments.ModelDeployment) { object.Spec.Engine.ContextLength = &length })
			t.Equal(changed.Generation, int64(2), "generation after a change of the spec")
			stale.Labels = map[string]string{"late": "yes"}
			_, err := c.update(stale)
			t.Refused(err, errors.IsConflict, "the object has been modified")
			labelled := c.change("one", func(object *deployments.ModelDeployment) { object.Labels = map[string]string{"late": "yes"} })
			t.Equal(labelled.Generation, int64(2), "generation after a change of labels")
			t.Equal(*labelled.Spec.Engine.ContextLength, length, "spec.engine.contextLength")
		}},
		{Name: "typed: status is written through its subresource only, and nothing else is", Run: func(t *checks.T) {
			c := newTyped(t)
			c.mustCreate("one")
			viaMain := c.change("one", func(object *deployments.ModelDeployment) { object.Status.Message = "smuggled" })
			t.True(viaMain.Status.Message != "smuggled", "the main resource leaves the status alone")
			err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
				object, err := c.get("one")
				if err != nil {
					return err
				}
				object.Status.Message = "said by a test"
				object.Spec.Model.ID = "other/model"
				object.Labels = map[string]string{"smuggled": "yes"}
				out, err := c.update(object, "status")
				if err != nil {
					return err
				}
				t.Equal(out.Status.Message, "said by a test", "status.message")
				t.Equal(out.Spec.Model.ID, "Qwen/Qwen3-0.6B", "spec.model.id")
				t.Equal(len(out.Labels), 0, "number of labels")
				t.Equal(out.Generation, int64(1), "generation")
				return nil
			})
			t.Must(err, "update of the status")
		}},
		{Name: "typed: refusals are the errors client-go has functions for, with the field in the causes", Run: func(t *checks.T) {
			c := newTyped(t)
			c.mustCreate("one")
			_, err := c.create(deployments.New(t.Namespace, "one"))
			t.Refused(err, errors.IsAlreadyExists, `modeldeployments.hawsepipe.dev "one" already exists`)
			_, err = c.get("two")
			t.Refused(err, errors.IsNotFound, `modeldeployments.hawsepipe.dev "two" not found`)
			invalid := deployments.New(t.Namespace, "three")
			invalid.Spec.Serving.Mode = "sideways"
			_, err = c.create(invalid)
			t.Refused(err, errors.IsInvalid, "spec.serving.mode", "Unsupported value")
			cause, found := errors.StatusCause(err, metav1.CauseTypeFieldValueNotSupported)
			t.True(found, "the cause is a FieldValueNotSupported")
			t.Equal(cause.Field, "spec.serving.mode", "field of the cause")
			other := types.UID("00000000-0000-0000-0000-000000000000")
			err = c.delete("one", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &other}})
			t.Refused(err, errors.IsConflict, "the UID in the precondition ("+string(other)+") does not match the UID in record (")
			_, err = c.list(metav1.ListOptions{FieldSelector: "spec.paused=true"})
			t.Refused(err, errors.IsBadRequest, "field label not supported")
		}},
		{Name: "typed: lists and collections are chosen by labels and by fields", Run: selections},
		{Name: "typed: a watch by labels tells an object that leaves the selection as deleted", Run: leavesSelection},
		{Name: "typed: both versions are one object", Run: func(t *checks.T) {
			c := newTyped(t)
			created := c.mustCreate("one")
			old := &unstructured.Unstructured{}
			path := "/apis/" + deployments.V1Alpha1.String() + "/namespaces/" + t.Namespace + "/" + plural + "/one"
			raw, err := c.rest.Get().AbsPath(path).Do(t).Raw()
			t.Must(err, "get of v1alpha1")
			t.Must(old.UnmarshalJSON(raw), "decode")
			t.Equal(old.GetUID(), created.UID, "uid in v1alpha1")
			count, _, _ := unstructured.NestedInt64(old.Object, "spec", "resources", "gpu", "count")
			t.Equal(count, int64(1), "spec.resources.gpu.count of v1alpha1")
			patch := []byte(`{"spec":{"resources":{"gpu":{"count":2}}}}`)
			t.Must(c.rest.Patch(types.MergePatchType).AbsPath(path).Body(patch).Do(t).Error(), "patch of v1alpha1")
			read, err := c.get("one")
			t.Must(err, "get")
			t.Equal(read.Spec.Serving.Resources.GPU.Count, int32(2), "spec.serving.resources.gpu.count of v1alpha2")
		}},
	}
}

func selections(t *checks.T) {
	c := newTyped(t)
	for i, tier := range []string{"gold", "silver", "gold"} {
		c.mustCreate(deployments.Name(i), func(object *deployments.ModelDeployment) {
			object.Labels = map[string]string{"tier": tier}
			if i == 2 {
				object.Spec.Engine.Type = "vllm"
				object.Spec.Model.ID = "Qwen/Qwen3-8B"
			}
		})
	}
	for _, selection := range []struct {
		options metav1.ListOptions
		want    []string
	}{
		{metav1.ListOptions{LabelSelector: "tier=gold"}, []string{"model-000", "model-002"}},
		{metav1.ListOptions{LabelSelector: "tier notin (gold)"}, []string{"model-001"}},
		{metav1.ListOptions{FieldSelector: "metadata.name=model-001"}, []string{"model-001"}},
		{metav1.ListOptions{FieldSelector: "spec.model.id=Qwen/Qwen3-8B,spec.provider.name=vllm"}, []string{"model-002"}},
		{metav1.ListOptions{LabelSelector: "tier=gold", FieldSelector: "spec.model.id!=Qwen/Qwen3-8B"}, []string{"model-000"}},
	} {
		list, err := c.list(selection.options)
		t.Must(err, "list")
		t.Equal(names(list), selection.want, selection.options.LabelSelector+" "+selection.options.FieldSelector)
	}
	options := metav1.ListOptions{LabelSelector: "tier=gold"}
	t.Must(c.request(c.rest.Delete()).VersionedParams(&options, c.parameters).Do(t).Error(), "delete collection")
	t.Eventually("only silver is left", func() error {
		list, err := c.list(metav1.ListOptions{})
		if err == nil && len(list.Items) != 1 {
			return errLeft(names(list))
		}
		return err
	})
}

func leavesSelection(t *checks.T) {
	c := newTyped(t)
	label := func(tier string) func(*deployments.ModelDeployment) {
		return func(object *deployments.ModelDeployment) { object.Labels = map[string]string{"tier": tier} }
	}
	start, err := c.list(metav1.ListOptions{})
	t.Must(err, "list")
	w, err := c.watch(metav1.ListOptions{LabelSelector: "tier=gold", ResourceVersion: start.ResourceVersion})
	t.Must(err, "watch")
	defer w.Stop()
	c.mustCreate("other", label("silver"))
	c.mustCreate("one", label("gold"))
	left := c.change("one", label("silver"))
	back := c.change("one", label("gold"))
	var seen []watch.EventType
	for {
		event := checks.Next(t, w.ResultChan(), "event")
		object, isOurs := event.Object.(*deployments.ModelDeployment)
		t.True(isOurs && object.Name == "one", "the event is of the chosen object: %v", event)
		// What else is written in between, such as a status, is of no interest.
		if event.Type != watch.Modified {
			seen = append(seen, event.Type)
		}
		if event.Type == watch.Deleted {
			t.Equal(object.Labels["tier"], "gold", "last state that was in the selection")
			t.Equal(object.ResourceVersion, left.ResourceVersion, "resourceVersion of the event that left")
		}
		if object.ResourceVersion == back.ResourceVersion {
			break
		}
	}
	t.Equal(seen, []watch.EventType{watch.Added, watch.Deleted, watch.Added}, "events")
}
