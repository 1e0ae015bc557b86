package restart

import (
	"context"
	"fmt"

	"github.com/argoproj/gitops-engine/pkg/cache"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/features"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	ctrlcache "sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"hawsepipe.dev/test/conformance/clients/deployments"
)

// named is a follower with the name it is reported under.
type named struct {
	name string
	follower
}

// startFollowers answers all followers once each has what is there.
func startFollowers(ctx context.Context, config *rest.Config, namespace string) ([]named, error) {
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	metadataClient, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	dynamicInformer := func() toolscache.SharedIndexInformer {
		return dynamicinformer.NewFilteredDynamicInformer(dynamicClient, deployments.Resource, namespace, 0, toolscache.Indexers{}, nil).Informer()
	}
	var out []named
	add := func(name string, one follower, err error) error {
		out = append(out, named{name, one})
		return err
	}
	streaming, err := startInformer(ctx, dynamicInformer(), true)
	if err := add("informer with streaming lists", streaming, err); err != nil {
		return nil, err
	}
	listing, err := startInformer(ctx, dynamicInformer(), false)
	if err := add("informer with list and watch", listing, err); err != nil {
		return nil, err
	}
	partial, err := startInformer(ctx, metadatainformer.NewFilteredMetadataInformer(metadataClient, deployments.Resource, namespace, 0, toolscache.Indexers{}, nil).Informer(), true)
	if err := add("metadata informer", partial, err); err != nil {
		return nil, err
	}
	runtimeCache, err := startRuntimeCache(ctx, config, namespace)
	if err := add("controller-runtime cache", runtimeCache, err); err != nil {
		return nil, err
	}
	argo, err := startArgo(config, namespace)
	if err := add("Argo CD cluster cache", argo, err); err != nil {
		return nil, err
	}
	retrying, err := startRetryWatcher(ctx, dynamicClient.Resource(deployments.Resource).Namespace(namespace))
	return out, add("RetryWatcher", retrying, err)
}

// informerFollower is any of client-go's informers.
type informerFollower struct {
	*order
	store toolscache.Store
}

func (f informerFollower) holds() map[string]string {
	out := map[string]string{}
	for _, stored := range f.store.List() {
		if object, err := meta.Accessor(stored); err == nil {
			out[object.GetName()] = identity(object)
		}
	}
	return out
}

// gates has one feature of client-go on or off; a reflector looks at them when it is made.
type gates struct {
	features.Gates
	streams bool
}

func (g gates) Enabled(feature features.Feature) bool {
	if feature == features.WatchListClient {
		return g.streams
	}
	return g.Gates.Enabled(feature)
}

func startInformer(ctx context.Context, informer toolscache.SharedIndexInformer, streams bool) (follower, error) {
	before := features.FeatureGates()
	features.ReplaceFeatureGates(gates{before, streams})
	defer features.ReplaceFeatureGates(before)
	order := newOrder()
	if _, err := informer.AddEventHandler(order.handler()); err != nil {
		return nil, err
	}
	go informer.RunWithContext(ctx)
	if !toolscache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return nil, fmt.Errorf("an informer is not synced")
	}
	return informerFollower{order, informer.GetStore()}, nil
}

// runtimeFollower is controller-runtime's cache, read as a controller reads it.
type runtimeFollower struct {
	*order
	reader client.Reader
}

func (f runtimeFollower) holds() map[string]string {
	list := &deployments.ModelDeploymentList{}
	if err := f.reader.List(context.Background(), list); err != nil {
		return nil
	}
	out := map[string]string{}
	for i := range list.Items {
		out[list.Items[i].Name] = identity(&list.Items[i])
	}
	return out
}

func startRuntimeCache(ctx context.Context, config *rest.Config, namespace string) (follower, error) {
	read, err := ctrlcache.New(config, ctrlcache.Options{
		Scheme:            deployments.Scheme(),
		DefaultNamespaces: map[string]ctrlcache.Config{namespace: {}},
	})
	if err != nil {
		return nil, err
	}
	go func() { _ = read.Start(ctx) }()
	informer, err := read.GetInformer(ctx, &deployments.ModelDeployment{})
	if err != nil {
		return nil, err
	}
	order := newOrder()
	if _, err := informer.AddEventHandler(order.handler()); err != nil {
		return nil, err
	}
	if !read.WaitForCacheSync(ctx) {
		return nil, fmt.Errorf("controller-runtime's cache is not synced")
	}
	return runtimeFollower{order, read}, nil
}

// argoFollower is Argo CD's cache of a cluster.
type argoFollower struct {
	*order
	cache     cache.ClusterCache
	namespace string
}

func (f argoFollower) holds() map[string]string {
	out := map[string]string{}
	for key, resource := range f.cache.FindResources(f.namespace) {
		if key.Group == deployments.Group {
			out[key.Name] = string(resource.Ref.UID) + " " + resource.ResourceVersion
		}
	}
	return out
}

func startArgo(config *rest.Config, namespace string) (follower, error) {
	order := newOrder()
	clusterCache := cache.NewClusterCache(config, cache.SetNamespaces([]string{namespace}), cache.SetLogr(logr.Discard()),
		cache.SetPopulateResourceInfoHandler(func(*unstructured.Unstructured, bool) (any, bool) { return nil, false }))
	clusterCache.OnResourceUpdated(func(after, before *cache.Resource, _ map[kube.ResourceKey]*cache.Resource) {
		switch {
		case after != nil && after.Ref.Kind != deployments.Kind.Kind:
		case after != nil && before == nil:
			order.added(objectOf(after))
		case after != nil:
			order.replaced(objectOf(before), objectOf(after))
		case before.Ref.Kind == deployments.Kind.Kind:
			order.deleted(objectOf(before))
		}
	})
	return argoFollower{order, clusterCache, namespace}, clusterCache.EnsureSynced()
}

func objectOf(resource *cache.Resource) metav1.Object {
	return &metav1.ObjectMeta{Name: resource.Ref.Name, UID: resource.Ref.UID, ResourceVersion: resource.ResourceVersion}
}
