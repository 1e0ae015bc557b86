package restart

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// watchFollower is a map kept by the events of a RetryWatcher, and by a new list only where one ended with 410.
type watchFollower struct {
	*order
	c       dynamic.ResourceInterface
	mutex   sync.Mutex
	objects map[types.UID]*unstructured.Unstructured
}

func startRetryWatcher(ctx context.Context, c dynamic.ResourceInterface) (follower, error) {
	f := &watchFollower{order: newOrder(), c: c, objects: map[types.UID]*unstructured.Unstructured{}}
	version, err := f.relist(ctx)
	if err != nil {
		return nil, err
	}
	go func() {
		for ctx.Err() == nil {
			f.follow(ctx, version)
			for version, err = f.relist(ctx); err != nil && ctx.Err() == nil; version, err = f.relist(ctx) {
				time.Sleep(5 * pause)
			}
		}
	}()
	return f, nil
}

// follow takes events until the watcher gives up.
func (f *watchFollower) follow(ctx context.Context, version string) {
	source := &cache.ListWatch{WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
		return f.c.Watch(ctx, options)
	}}
	w, err := watchtools.NewRetryWatcherWithContext(ctx, version, source)
	if err != nil {
		return
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		object, isObject := event.Object.(*unstructured.Unstructured)
		if !isObject {
			return
		}
		f.mutex.Lock()
		switch event.Type {
		case watch.Added:
			f.added(object)
			f.objects[object.GetUID()] = object
		case watch.Modified:
			f.changed(object)
			f.objects[object.GetUID()] = object
		case watch.Deleted:
			f.deleted(object)
			delete(f.objects, object.GetUID())
		case watch.Bookmark, watch.Error:
		}
		f.mutex.Unlock()
	}
}

// relist makes the map what a list is, and notes the difference as events.
func (f *watchFollower) relist(ctx context.Context) (string, error) {
	list, err := f.c.List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", err
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	there := map[types.UID]*unstructured.Unstructured{}
	for i := range list.Items {
		object := &list.Items[i]
		there[object.GetUID()] = object
		if f.objects[object.GetUID()] == nil {
			f.added(object)
		} else {
			f.changed(object)
		}
	}
	for uid, object := range f.objects {
		if there[uid] == nil {
			f.deleted(object)
		}
	}
	f.objects = there
	return list.GetResourceVersion(), nil
}

func (f *watchFollower) holds() map[string]string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	out := map[string]string{}
	for _, object := range f.objects {
		out[object.GetName()] = identity(object)
	}
	return out
}
