// Package restart has caches of every sort follow a writer while the servers behind them are restarted. What a cache
// holds at the end, and the order in which it was told, are the checks.
package restart

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

// settle is how long the caches have, from when the writer ends, to be as a list is.
const settle = 90 * time.Second

// follower is a cache that follows our objects in one namespace.
type follower interface {
	// holds answers what is in the cache by name: uid and resource version.
	holds() map[string]string
	// violations says where the order of events of one object was not kept.
	violations() []string
}

// Run starts the caches and the writer and says `ready`. It answers `progress` with the number of writes, and at
// `finish` ends the writer and prints the results.
func Run(parent context.Context, in io.Reader, out io.Writer, config *rest.Config) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	wanted := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "restart-"}}
	namespace, err := kube.CoreV1().Namespaces().Create(ctx, wanted, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	c := client.Resource(deployments.Resource).Namespace(namespace.Name)
	w := newWriter(c)
	followers, err := startFollowers(ctx, config, namespace.Name)
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.run(ctx)
	}()
	fmt.Fprintln(out, "ready")
	for lines := bufio.NewScanner(in); lines.Scan() && lines.Text() != "finish"; {
		fmt.Fprintln(out, "writes", w.count())
	}
	w.finish()
	<-ended
	return report(ctx, out, c, w, followers)
}

func report(ctx context.Context, out io.Writer, c dynamic.ResourceInterface, w *writer, followers []named) error {
	started := time.Now()
	err := checks.Report(out, "writer: what was acknowledged is there, and what was not is there wholly or not at all", started, w.verify(ctx))
	for _, one := range followers {
		started := time.Now()
		err = firstOf(err, checks.Report(out, one.name+": the cache ends equal to a list", started, equalsList(ctx, c, one)))
		var disorder error
		if found := one.violations(); len(found) > 0 {
			disorder = fmt.Errorf("%d times: %s", len(found), strings.Join(found[:min(len(found), 5)], "; "))
		}
		err = firstOf(err, checks.Report(out, one.name+": no object went back in time, came twice or came back", started, disorder))
	}
	return err
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// equalsList waits until a cache holds what a list does.
func equalsList(parent context.Context, c dynamic.ResourceInterface, one named) error {
	ctx, cancel := context.WithTimeout(parent, settle)
	defer cancel()
	for {
		err := compare(ctx, c, one)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func compare(ctx context.Context, c dynamic.ResourceInterface, one named) error {
	list, err := c.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	want := map[string]string{}
	for i := range list.Items {
		want[list.Items[i].GetName()] = identity(&list.Items[i])
	}
	if len(want) == 0 {
		return fmt.Errorf("the list is empty")
	}
	got := one.holds()
	var different []string
	for name := range want {
		if got[name] != want[name] {
			different = append(different, fmt.Sprintf("%s is %q, not %q", name, got[name], want[name]))
		}
	}
	for name := range got {
		if want[name] == "" {
			different = append(different, name+" is gone")
		}
	}
	if len(different) > 0 {
		return fmt.Errorf("%d of %d differ: %s", len(different), len(want), strings.Join(different[:min(len(different), 5)], "; "))
	}
	return nil
}

// identity is what a cache must have right of an object.
func identity(object metav1.Object) string {
	return string(object.GetUID()) + " " + object.GetResourceVersion()
}
