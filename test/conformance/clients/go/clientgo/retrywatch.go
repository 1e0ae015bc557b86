package clientgo

import (
	"net/http"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func retryWatchChecks() []checks.Check {
	return []checks.Check{
		{Name: "RetryWatcher: over watches that end every second nothing is missed and nothing comes twice", Run: func(t *checks.T) {
			c := newTyped(t)
			start, err := c.list(metav1.ListOptions{})
			t.Must(err, "list")
			watches := 0
			source := &cache.ListWatch{WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
				watches++
				second := int64(1)
				options.TimeoutSeconds = &second
				return c.watch(options)
			}}
			w, err := watchtools.NewRetryWatcherWithContext(t, start.ResourceVersion, source)
			t.Must(err, "watch")
			defer w.Stop()
			created := 0
			seen := map[string]bool{}
			for watches < 3 || created < 5 || len(seen) < created {
				if len(seen) == created {
					c.mustCreate(deployments.Name(created))
					created++
				}
				event := checks.Next(t, w.ResultChan(), "event")
				object := event.Object.(*deployments.ModelDeployment)
				switch event.Type {
				case watch.Added:
					t.True(!seen[object.Name], "%s is added once", object.Name)
					seen[object.Name] = true
				case watch.Modified:
					t.True(seen[object.Name], "%s is added before it is changed", object.Name)
				case watch.Deleted, watch.Bookmark, watch.Error:
					t.Fatalf("unexpected %v", event)
				}
			}
		}},
		{Name: "RetryWatcher: a revision that is too old ends it with 410", Run: func(t *checks.T) {
			c := newTyped(t)
			w, err := watchtools.NewRetryWatcherWithContext(t, "2", c.listWatch())
			t.Must(err, "watch")
			event := checks.Next(t, w.ResultChan(), "event")
			t.Equal(event.Type, watch.Error, "type of the event")
			err = errors.FromObject(event.Object)
			t.Refused(err, func(err error) bool { return errors.IsResourceExpired(err) || errors.IsGone(err) }, "too old resource version")
			t.Equal(event.Object.(*metav1.Status).Code, int32(http.StatusGone), "code")
			<-w.Done()
		}},
		{Name: "UntilWithSync: the status a replica writes is waited for", Run: func(t *checks.T) {
			c := newTyped(t)
			c.mustCreate("one")
			event, err := watchtools.UntilWithSync(t, c.listWatch(), &deployments.ModelDeployment{}, nil, func(event watch.Event) (bool, error) {
				object := event.Object.(*deployments.ModelDeployment)
				return object.Status.ObservedGeneration == 1, nil
			})
			t.Must(err, "wait")
			t.Equal(event.Object.(*deployments.ModelDeployment).Status.Phase, "Pending", "status.phase of a paused deployment")
		}},
		{Name: "watch: bookmarks are asked for and carry a revision", Run: bookmarks},
	}
}

// bookmarks has a streaming list say where it ended.
func bookmarks(t *checks.T) {
	c := newTyped(t)
	created := c.mustCreate("one")
	yes := true
	w, err := c.watch(metav1.ListOptions{
		AllowWatchBookmarks:  true,
		SendInitialEvents:    &yes,
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	t.Must(err, "watch")
	defer w.Stop()
	added := false
	for {
		event := checks.Next(t, w.ResultChan(), "event")
		object := event.Object.(*deployments.ModelDeployment)
		if event.Type == watch.Bookmark {
			t.True(added, "the objects come before the bookmark")
			t.Equal(object.Annotations[metav1.InitialEventsAnnotationKey], "true", "annotation of the bookmark")
			t.True(newer(t, object.ResourceVersion, created.ResourceVersion) >= 0, "the bookmark is not older than the objects")
			return
		}
		added = added || object.UID == created.UID
	}
}
