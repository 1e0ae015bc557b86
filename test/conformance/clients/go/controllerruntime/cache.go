package controllerruntime

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func cacheChecks() []checks.Check {
	return []checks.Check{
		{Name: "cache: typed and metadata-only informers with an index and a selection answer reads", Run: cacheReads},
		{Name: "controller: every deployment gets what the controller owns, and it is made again when it is taken away", Run: controls},
	}
}

func cacheReads(t *checks.T) {
	c := newClient(t)
	selected := cache.ByObject{Field: nil, Namespaces: map[string]cache.Config{t.Namespace: {}}}
	read, err := cache.New(t.Config, cache.Options{
		Scheme:   deployments.Scheme(),
		ByObject: map[client.Object]cache.ByObject{&deployments.ModelDeployment{}: selected},
	})
	t.Must(err, "cache")
	byModel := func(object client.Object) []string {
		return []string{object.(*deployments.ModelDeployment).Spec.Model.ID}
	}
	t.Must(read.IndexField(t, &deployments.ModelDeployment{}, "model", byModel), "index")
	for i := range 3 {
		t.Must(c.Create(t, deployments.New(t.Namespace, deployments.Name(i))), "create")
	}
	go func() { _ = read.Start(t) }()
	t.True(read.WaitForCacheSync(t), "the cache is synced")
	list := &deployments.ModelDeploymentList{}
	t.Must(read.List(t, list, client.MatchingFields{"model": "Qwen/Qwen3-0.6B"}), "list")
	t.Equal(len(list.Items), 3, "number of items")

	object := &deployments.ModelDeployment{}
	key := client.ObjectKey{Namespace: t.Namespace, Name: deployments.Name(1)}
	t.Must(c.Get(t, key, object), "get")
	changed := object.DeepCopy()
	changed.Spec.Model.ID = "Qwen/Qwen3-8B"
	t.Must(c.Patch(t, changed, client.MergeFrom(object)), "patch")
	t.Eventually("the index follows", func() error {
		if err := read.List(t, list, client.MatchingFields{"model": "Qwen/Qwen3-8B"}); err != nil {
			return err
		}
		if len(list.Items) != 1 || list.Items[0].Name != key.Name {
			return fmt.Errorf("%d items", len(list.Items))
		}
		return nil
	})
	partial := &metav1.PartialObjectMetadataList{}
	partial.SetGroupVersionKind(deployments.V1Alpha2.WithKind("ModelDeploymentList"))
	t.Must(read.List(t, partial, client.InNamespace(t.Namespace)), "list of the metadata")
	t.Equal(len(partial.Items), 3, "number of items")
}

// controls runs a controller as most are written: for our kind, owning ConfigMaps.
func controls(t *checks.T) {
	manager, err := ctrl.NewManager(t.Config, ctrl.Options{
		Scheme:     deployments.Scheme(),
		Metrics:    server.Options{BindAddress: "0"},
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{t.Namespace: {}}},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
	})
	t.Must(err, "manager")
	c := manager.GetClient()
	reconciler := reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		owner := &deployments.ModelDeployment{}
		if err := c.Get(ctx, request.NamespacedName, owner); err != nil {
			return reconcile.Result{}, client.IgnoreNotFound(err)
		}
		owned := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: owner.Namespace, Name: "of-" + owner.Name}}
		_, err := controllerutil.CreateOrUpdate(ctx, c, owned, func() error {
			owned.Data = map[string]string{"model": owner.Spec.Model.ID}
			return controllerutil.SetControllerReference(owner, owned, manager.GetScheme())
		})
		return reconcile.Result{}, err
	})
	builder := ctrl.NewControllerManagedBy(manager).Named("checker").For(&deployments.ModelDeployment{}).Owns(&corev1.ConfigMap{})
	t.Must(builder.Complete(reconciler), "controller")
	go func() { _ = manager.Start(t) }()

	direct := newClient(t)
	object := deployments.New(t.Namespace, "one")
	t.Must(direct.Create(t, object), "create")
	key := client.ObjectKey{Namespace: t.Namespace, Name: "of-one"}
	owned := &corev1.ConfigMap{}
	holds := func(model string) func() error {
		return func() error {
			owned = &corev1.ConfigMap{}
			if err := direct.Get(t, key, owned); err != nil {
				return err
			}
			if owned.Data["model"] != model {
				return fmt.Errorf("the data is %v", owned.Data)
			}
			return nil
		}
	}
	t.Eventually("the ConfigMap is made", holds("Qwen/Qwen3-0.6B"))
	reference := metav1.GetControllerOf(owned)
	t.Equal([]any{reference.APIVersion, reference.Kind, reference.UID}, []any{deployments.V1Alpha2.String(), "ModelDeployment", object.UID}, "owner")
	before := object.DeepCopy()
	object.Spec.Model.ID = "Qwen/Qwen3-8B"
	t.Must(direct.Patch(t, object, client.MergeFrom(before)), "patch")
	t.Eventually("the ConfigMap follows", holds("Qwen/Qwen3-8B"))
	t.Must(direct.Delete(t, owned), "delete")
	first := owned.UID
	t.Eventually("the ConfigMap is made again", func() error {
		if err := holds("Qwen/Qwen3-8B")(); err != nil {
			return err
		}
		if owned.UID == first {
			return errors.NewConflict(corev1.Resource("configmaps"), owned.Name, fmt.Errorf("it is still the first one"))
		}
		return nil
	})
}
