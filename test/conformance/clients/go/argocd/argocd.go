// Package argocd has the checks of the engine in Argo CD: its cluster cache, its three kinds of diff, and a sync.
package argocd

import (
	"fmt"
	"slices"

	"github.com/argoproj/gitops-engine/pkg/cache"
	"github.com/argoproj/gitops-engine/pkg/diff"
	"github.com/argoproj/gitops-engine/pkg/engine"
	"github.com/argoproj/gitops-engine/pkg/sync"
	"github.com/argoproj/gitops-engine/pkg/sync/common"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

const manager = "argocd-controller"

// Checks answers all checks of Argo CD.
func Checks() []checks.Check {
	return []checks.Check{
		{Name: "cache: holds our objects, follows changes and deletions, and draws the tree from owner references", Run: caches},
		{Name: "diff: three ways, structured and server-side agree that nothing differs after an apply", Run: agrees},
		{Name: "diff: server-side finds a change by hand and ignores what the server adds", Run: serverSide},
		{Name: "sync: applies, is in sync afterwards, and prunes what is gone from the source", Run: syncs},
	}
}

func newDynamic(t *checks.T) dynamic.ResourceInterface {
	client, err := dynamic.NewForConfig(t.Config)
	t.Must(err, "client")
	return client.Resource(deployments.Resource).Namespace(t.Namespace)
}

func newCache(t *checks.T) cache.ClusterCache {
	out := cache.NewClusterCache(t.Config,
		cache.SetNamespaces([]string{t.Namespace}),
		cache.SetLogr(logr.Discard()),
		cache.SetPopulateResourceInfoHandler(func(object *unstructured.Unstructured, _ bool) (any, bool) {
			return object.GetLabels()["app"], true
		}),
	)
	t.Must(out.EnsureSynced(), "sync of the cache")
	return out
}

func keyOf(t *checks.T, name string) kube.ResourceKey {
	return kube.NewResourceKey(deployments.Group, deployments.Kind.Kind, t.Namespace, name)
}

func caches(t *checks.T) {
	c := newDynamic(t)
	created, err := c.Create(t, deployments.NewUnstructured(t.Namespace, "one"), metav1.CreateOptions{})
	t.Must(err, "create")
	clusterCache := newCache(t)
	defer clusterCache.Invalidate()
	named := func(name string) *cache.Resource {
		return clusterCache.FindResources(t.Namespace)[keyOf(t, name)]
	}
	t.True(named("one") != nil && named("one").Ref.UID == created.GetUID(), "the object is in the cache")
	isNamespaced, err := clusterCache.IsNamespaced(deployments.Kind.GroupKind())
	t.Must(err, "scope")
	t.Equal(isNamespaced, true, "whether the kind is namespaced")
	t.True(clusterCache.GetGVKParser().Type(deployments.Kind) != nil, "the schema of the kind is found in the cluster's OpenAPI")

	// Nothing holds it back any more: the reconciler renders a Deployment and a Service, which it owns.
	patched, err := c.Patch(t, "one", types.MergePatchType, []byte(`{"metadata":{"labels":{"app":"demo"}},"spec":{"paused":null}}`), metav1.PatchOptions{})
	t.Must(err, "patch")
	t.Eventually("the tree has the rendered resources", func() error {
		found := []string{}
		clusterCache.IterateHierarchyV2([]kube.ResourceKey{keyOf(t, "one")}, func(resource *cache.Resource, _ map[kube.ResourceKey]*cache.Resource) bool {
			found = append(found, resource.Ref.Kind)
			return true
		})
		slices.Sort(found)
		if fmt.Sprint(found) != "[Deployment ModelDeployment Service]" {
			return fmt.Errorf("the tree is %v", found)
		}
		return nil
	})
	// Each kind is watched by itself, so what was rendered may be known before what it was rendered for.
	t.Eventually("the cache notes the label", func() error {
		if info := named("one").Info; info != any("demo") {
			return fmt.Errorf("it notes %v", info)
		}
		return nil
	})
	t.Equal(named("one").Ref.UID, patched.GetUID(), "uid")
	t.Must(c.Delete(t, "one", metav1.DeleteOptions{}), "delete")
	t.Eventually("the object is gone from the cache", func() error {
		if named("one") != nil {
			return fmt.Errorf("it is still there")
		}
		return nil
	})
}

// dryRunner is how Argo CD has the server say what an apply would make.
func dryRunner(t *checks.T, clusterCache cache.ClusterCache) diff.ServerSideDryRunner {
	applier, cleanup, err := kube.ManageServerSideDiffDryRuns(t.Config, clusterCache.GetOpenAPISchema(), tracing.NopTracer{}, logr.Discard(), nil)
	t.Must(err, "dry runs")
	t.Cleanup(cleanup)
	return diff.NewK8sServerSideDryRunner(applier)
}

// settled answers an object whose status speaks of its generation, so that nobody writes it while it is compared.
func settled(t *checks.T, c dynamic.ResourceInterface, name string) *unstructured.Unstructured {
	var live *unstructured.Unstructured
	t.Eventually("the status is written", func() (err error) {
		if live, err = c.Get(t, name, metav1.GetOptions{}); err != nil {
			return err
		}
		if observed, _, _ := unstructured.NestedInt64(live.Object, "status", "observedGeneration"); observed != live.GetGeneration() {
			return fmt.Errorf("generation %d is observed", observed)
		}
		return nil
	})
	return live
}

func agrees(t *checks.T) {
	c := newDynamic(t)
	wanted := deployments.NewUnstructured(t.Namespace, "one")
	_, err := c.Apply(t, "one", wanted, metav1.ApplyOptions{FieldManager: manager})
	t.Must(err, "apply")
	live := settled(t, c, "one")
	clusterCache := newCache(t)
	defer clusterCache.Invalidate()
	ways := map[string][]diff.Option{
		"structured":  {diff.WithStructuredMergeDiff(true), diff.WithGVKParser(clusterCache.GetGVKParser()), diff.WithManager(manager)},
		"server-side": {diff.WithServerSideDiff(true), diff.WithServerSideDryRunner(dryRunner(t, clusterCache)), diff.WithManager(manager), diff.WithGVKParser(clusterCache.GetGVKParser())},
		"three-way":   {},
	}
	for way, options := range ways {
		result, err := diff.Diff(wanted.DeepCopy(), live.DeepCopy(), append(options, diff.WithLogr(logr.Discard()))...)
		t.Must(err, way+" diff")
		t.True(!result.Modified, "%s diff finds nothing: live %s, predicted %s", way, result.NormalizedLive, result.PredictedLive)
	}
}

func serverSide(t *checks.T) {
	c := newDynamic(t)
	wanted := deployments.NewUnstructured(t.Namespace, "one")
	_, err := c.Apply(t, "one", wanted, metav1.ApplyOptions{FieldManager: manager})
	t.Must(err, "apply")
	_, err = c.Patch(t, "one", types.MergePatchType, []byte(`{"metadata":{"labels":{"by":"hand"}},"spec":{"model":{"id":"by/hand"}}}`), metav1.PatchOptions{FieldManager: "hand"})
	t.Must(err, "patch")
	live := settled(t, c, "one")
	clusterCache := newCache(t)
	defer clusterCache.Invalidate()
	result, err := diff.Diff(wanted, live, diff.WithServerSideDiff(true), diff.WithServerSideDryRunner(dryRunner(t, clusterCache)),
		diff.WithManager(manager), diff.WithGVKParser(clusterCache.GetGVKParser()), diff.WithLogr(logr.Discard()))
	t.Must(err, "diff")
	t.True(result.Modified, "the diff finds the change")
	model := func(text []byte) string {
		object := &unstructured.Unstructured{}
		t.Must(object.UnmarshalJSON(text), "decode")
		id, _, _ := unstructured.NestedString(object.Object, "spec", "model", "id")
		return fmt.Sprint(id, object.GetLabels())
	}
	// The label is nobody's business but the hand's.
	t.Equal(model(result.NormalizedLive), "by/handmap[by:hand]", "model and labels live")
	t.Equal(model(result.PredictedLive), "Qwen/Qwen3-0.6Bmap[by:hand]", "model and labels after a sync")
	after, err := c.Get(t, "one", metav1.GetOptions{})
	t.Must(err, "get")
	id, _, _ := unstructured.NestedString(after.Object, "spec", "model", "id")
	t.Equal(id, "by/hand", "spec.model.id after the diff")
}

func syncs(t *checks.T) {
	c := newDynamic(t)
	clusterCache := newCache(t)
	gitops := engine.NewEngine(t.Config, clusterCache, engine.WithLogr(logr.Discard()))
	stop, err := gitops.Run()
	t.Must(err, "engine")
	defer stop()
	managed := func(resource *cache.Resource) bool { return resource.Info == "demo" }
	source := func(names ...string) []*unstructured.Unstructured {
		var out []*unstructured.Unstructured
		for _, name := range names {
			object := deployments.NewUnstructured(t.Namespace, name)
			object.SetLabels(map[string]string{"app": "demo"})
			out = append(out, object)
		}
		return out
	}
	// In the foreground an owner would wait for the garbage collector, which this cluster has none of.
	background := metav1.DeletePropagationBackground
	apply := func(revision string, objects []*unstructured.Unstructured) string {
		results, err := gitops.Sync(t, objects, managed, revision, t.Namespace, sync.WithPrune(true), sync.WithPrunePropagationPolicy(&background),
			sync.WithServerSideApply(true), sync.WithServerSideApplyManager(manager), sync.WithLogr(logr.Discard()))
		t.Must(err, "sync")
		out := []string{}
		for _, result := range results {
			out = append(out, result.ResourceKey.Name+" "+string(result.Status))
		}
		slices.Sort(out)
		return fmt.Sprint(out)
	}
	t.Equal(apply("first", source("one", "two")), "[one Synced two Synced]", "results")
	two, err := c.Get(t, "two", metav1.GetOptions{})
	t.Must(err, "get")
	t.Eventually("both are in the cache", func() error {
		if live, err := clusterCache.GetManagedLiveObjs(source("one", "two"), managed); err != nil || len(live) != 2 {
			return fmt.Errorf("%d objects, %v", len(live), err)
		}
		return nil
	})
	t.Equal(apply("second", source("one")), "[one Synced two "+string(common.ResultCodePruned)+"]", "results")
	t.Eventually("the pruned object is gone", func() error {
		left, err := c.Get(t, "two", metav1.GetOptions{})
		if errors.IsNotFound(err) || (err == nil && left.GetUID() != two.GetUID()) {
			return nil
		}
		return fmt.Errorf("it is still there: %v", err)
	})
	_, err = c.Get(t, "one", metav1.GetOptions{})
	t.Must(err, "get of what stays")
}
