package clientgo

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/features"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func informerChecks() []checks.Check {
	return []checks.Check{
		{Name: "informer: with a streaming list the cache fills without any list, in one request", Run: func(t *checks.T) {
			setFeature(t, features.WatchListClient, true)
			asked := recordRequests(t.Config)
			informed(t, typedInformer(newTyped(t)))
			t.Equal(asked.kinds()[:1], []string{"stream"}, "first request")
			t.Equal(len(asked.of("list")), 0, "number of lists")
		}},
		{Name: "informer: with list and watch the watch begins where the list ended", Run: func(t *checks.T) {
			setFeature(t, features.WatchListClient, false)
			asked := recordRequests(t.Config)
			informed(t, typedInformer(newTyped(t)))
			t.Equal(asked.kinds()[:2], []string{"list", "watch"}, "first requests")
			t.Equal(len(asked.of("list")), 1, "number of lists")
		}},
		{Name: "informer: the dynamic and the metadata factory fill the same cache", Run: func(t *checks.T) {
			dynamicClient, err := dynamic.NewForConfig(t.Config)
			t.Must(err, "client")
			metadataClient, err := metadata.NewForConfig(t.Config)
			t.Must(err, "client")
			informed(t,
				dynamicinformer.NewFilteredDynamicInformer(dynamicClient, deployments.Resource, t.Namespace, 0, cache.Indexers{}, nil).Informer(),
				metadatainformer.NewFilteredMetadataInformer(metadataClient, deployments.Resource, t.Namespace, 0, cache.Indexers{}, nil).Informer())
		}},
		{Name: "informer: an index over a field follows changes, a resync invents no events", Run: indexed},
		{Name: "informer: a list that is too old to be watched on is taken again", Run: relists},
	}
}

// typedInformer is what a generated informer factory makes.
func typedInformer(c typed) cache.SharedIndexInformer {
	return cache.NewSharedIndexInformer(c.listWatch(), &deployments.ModelDeployment{}, 0, cache.Indexers{})
}

// informed starts informers over objects that are there, changes some, and waits until every cache equals a list.
func informed(t *checks.T, informers ...cache.SharedIndexInformer) {
	writer := *t
	writer.Config = t.Plain
	c := newTyped(&writer)
	for i := range 7 {
		c.mustCreate(deployments.Name(i))
	}
	for _, informer := range informers {
		go informer.RunWithContext(t)
		t.True(cache.WaitForCacheSync(t.Done(), informer.HasSynced), "the cache is synced")
		t.Equal(len(informer.GetStore().List()), 7, "number of objects in the cache")
	}
	for i := range 7 {
		switch i % 3 {
		case 0:
			t.Must(c.delete(deployments.Name(i), metav1.DeleteOptions{}), "delete")
		case 1:
			c.change(deployments.Name(i), func(object *deployments.ModelDeployment) { object.Labels = map[string]string{"changed": "yes"} })
		}
	}
	c.mustCreate(deployments.Name(8))
	for _, informer := range informers {
		t.Eventually("the cache equals a list", func() error {
			list, err := c.list(metav1.ListOptions{})
			if err != nil {
				return err
			}
			want := map[string]string{}
			for i := range list.Items {
				want[list.Items[i].Name] = string(list.Items[i].UID) + " " + list.Items[i].ResourceVersion
			}
			got := map[string]string{}
			for _, stored := range informer.GetStore().List() {
				object, err := meta.Accessor(stored)
				if err != nil {
					return err
				}
				got[object.GetName()] = string(object.GetUID()) + " " + object.GetResourceVersion()
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				return fmt.Errorf("cache %v, list %v", got, want)
			}
			return nil
		})
	}
}

func indexed(t *checks.T) {
	c := newTyped(t)
	byModel := func(stored any) ([]string, error) {
		return []string{stored.(*deployments.ModelDeployment).Spec.Model.ID}, nil
	}
	informer := cache.NewSharedIndexInformer(c.listWatch(), &deployments.ModelDeployment{}, time.Second, cache.Indexers{"model": byModel})
	changes := make(chan [2]string, 100)
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		UpdateFunc: func(before, after any) {
			changes <- [2]string{before.(*deployments.ModelDeployment).ResourceVersion, after.(*deployments.ModelDeployment).ResourceVersion}
		},
	})
	t.Must(err, "handler")
	c.mustCreate("one")
	go informer.RunWithContext(t)
	t.True(cache.WaitForCacheSync(t.Done(), informer.HasSynced), "the cache is synced")
	last := c.change("one", func(object *deployments.ModelDeployment) { object.Spec.Model.ID = "Qwen/Qwen3-8B" })
	t.Eventually("the index follows", func() error {
		found, err := informer.GetIndexer().ByIndex("model", "Qwen/Qwen3-8B")
		if err == nil && len(found) != 1 {
			return fmt.Errorf("%d objects in the index", len(found))
		}
		return err
	})
	old, err := informer.GetIndexer().ByIndex("model", "Qwen/Qwen3-0.6B")
	t.Must(err, "index")
	t.Equal(len(old), 0, "number of objects under the old value")
	// A resync hands out what is in the cache: the same object twice, and never an older one after a newer. The first may
	// come before the change.
	seen := ""
	for {
		change := checks.Next(t, changes, "change")
		t.True(seen == "" || change[0] == seen, "a change begins where the last one ended: %v after %s", change, seen)
		seen = change[1]
		if change[0] == change[1] && newer(t, last.ResourceVersion, seen) <= 0 {
			break
		}
	}
}

func relists(t *checks.T) {
	setFeature(t, features.WatchListClient, false)
	c := newTyped(t)
	c.mustCreate("one")
	lists := 0
	source := c.listWatch()
	source.ListFunc = func(options metav1.ListOptions) (runtime.Object, error) {
		list, err := c.list(options)
		if lists++; lists == 1 && err == nil {
			// As if the client had slept for hours between its list and its watch.
			list.ResourceVersion = "1"
		}
		return list, err
	}
	informer := cache.NewSharedIndexInformer(source, &deployments.ModelDeployment{}, 0, cache.Indexers{})
	go informer.RunWithContext(t)
	t.True(cache.WaitForCacheSync(t.Done(), informer.HasSynced), "the cache is synced")
	c.mustCreate("two")
	t.Eventually("two objects are in the cache", func() error {
		if count := len(informer.GetStore().List()); count != 2 {
			return fmt.Errorf("%d objects", count)
		}
		return nil
	})
	t.Equal(lists, 2, "number of lists")
}
