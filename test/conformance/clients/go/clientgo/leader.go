package clientgo

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func leaderChecks() []checks.Check {
	return []checks.Check{{
		Name: "leader election: of two controllers over one Lease one writes at a time, and the other takes over",
		Run: func(t *checks.T) {
			c := newTyped(t)
			c.mustCreate("one")
			led := make(chan string, 2)
			stopFirst, firstEnded := candidate(t, c, "first", led)
			t.Equal(checks.Next(t, led, "leader"), "first", "the first leader")
			stopSecond, secondEnded := candidate(t, c, "second", led)
			read, err := c.get("one")
			t.Must(err, "get")
			t.Equal(read.Labels["leader"], "first", "label")
			stopFirst()
			checks.Next(t, firstEnded, "end of the first candidate")
			t.Equal(checks.Next(t, led, "leader"), "second", "the next leader")
			read, err = c.get("one")
			t.Must(err, "get")
			t.Equal(read.Labels["leader"], "second", "label")
			stopSecond()
			checks.Next(t, secondEnded, "end of the second candidate")
		},
	}}
}

// candidate labels the object once it leads, and says so.
func candidate(t *checks.T, c typed, name string, led chan<- string) (stop func(), ended <-chan struct{}) {
	kube, err := kubernetes.NewForConfig(t.Config)
	t.Must(err, "client")
	ctx, cancel := context.WithCancel(t)
	done := make(chan struct{}, 1)
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: t.Namespace, Name: "lock"},
			Client:     kube.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		},
		LeaseDuration:   5 * time.Second,
		RenewDeadline:   4 * time.Second,
		RetryPeriod:     200 * time.Millisecond,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) {
				c.change("one", func(object *deployments.ModelDeployment) { object.Labels = map[string]string{"leader": name} })
				led <- name
			},
			OnStoppedLeading: func() {},
		},
	})
	t.Must(err, "elector")
	go func() {
		elector.Run(ctx)
		done <- struct{}{}
	}()
	return cancel, done
}
