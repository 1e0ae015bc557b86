package restart

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"hawsepipe.dev/test/conformance/clients/deployments"
)

// objects is how many names the writer goes round and round through; pause is what lies between two writes.
const (
	objects = 40
	pause   = 20 * time.Millisecond
	label   = "step"
)

// absent is the step of an object that is not there.
const absent = ""

// writer creates, changes and deletes objects. It knows the step each was brought to, and when a write was not
// acknowledged it looks: the object is at the step before or at the step after, or something was lost or torn.
type writer struct {
	c     dynamic.ResourceInterface
	mutex sync.Mutex
	ended bool
	acked int
	steps map[string]string
	wrong []string
}

func newWriter(c dynamic.ResourceInterface) *writer {
	return &writer{c: c, steps: map[string]string{}}
}

func (w *writer) run(ctx context.Context) {
	for i := 0; !w.isFinished(); i++ {
		name := deployments.Name(i % objects)
		// Every object lives through several rounds, and in each round others are deleted.
		step := strconv.Itoa(i)
		if round := i / objects; w.steps[name] != absent && (i+round)%5 == 0 {
			step = absent
		}
		w.bring(ctx, name, step)
		time.Sleep(pause)
	}
}

// bring takes one object to a step, and tries again while the servers are away.
func (w *writer) bring(ctx context.Context, name, step string) {
	before := w.steps[name]
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := w.write(attempt, name, before, step)
		cancel()
		if err == nil {
			w.mutex.Lock()
			w.acked++
			w.steps[name] = step
			w.mutex.Unlock()
			return
		}
		now, err := w.look(ctx, name)
		if err != nil {
			return
		}
		switch now {
		case step:
			w.mutex.Lock()
			w.steps[name] = step
			w.mutex.Unlock()
			return
		case before:
			time.Sleep(pause)
		default:
			w.fail(fmt.Sprintf("%s is at %q, neither at %q nor at %q", name, now, before, step))
			return
		}
	}
}

func (w *writer) write(ctx context.Context, name, before, step string) error {
	switch {
	case step == absent:
		return w.c.Delete(ctx, name, metav1.DeleteOptions{})
	case before == absent:
		object := deployments.NewUnstructured("", name)
		object.SetLabels(map[string]string{label: step})
		_, err := w.c.Create(ctx, object, metav1.CreateOptions{})
		return err
	default:
		patch := fmt.Sprintf(`{"metadata":{"labels":{%q:%q}}}`, label, step)
		_, err := w.c.Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		return err
	}
}

// look reads where an object is, for as long as it takes until somebody answers.
func (w *writer) look(ctx context.Context, name string) (string, error) {
	for ctx.Err() == nil {
		object, err := w.c.Get(ctx, name, metav1.GetOptions{})
		switch {
		case err == nil:
			return object.GetLabels()[label], nil
		case errors.IsNotFound(err) && isOurs(err):
			return absent, nil
		}
		time.Sleep(5 * pause)
	}
	return "", ctx.Err()
}

// isOurs tells an object that is not there from an API that is not: kube-apiserver has a 404 of its own for that.
func isOurs(err error) bool {
	status, isStatus := err.(errors.APIStatus)
	return isStatus && status.Status().Details != nil && status.Status().Details.Group == deployments.Group
}

// verify compares what is there with what the writer brought it to.
func (w *writer) verify(ctx context.Context) error {
	var list *unstructured.UnstructuredList
	var err error
	for end := time.Now().Add(settle); ; time.Sleep(5 * pause) {
		if list, err = w.c.List(ctx, metav1.ListOptions{}); err == nil || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		return err
	}
	there := map[string]string{}
	for _, object := range list.Items {
		there[object.GetName()] = object.GetLabels()[label]
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for name, step := range w.steps {
		if there[name] != step {
			w.wrong = append(w.wrong, fmt.Sprintf("%s is at %q, not at %q", name, there[name], step))
		}
	}
	if len(w.wrong) > 0 {
		return fmt.Errorf("of %d writes: %v", w.acked, w.wrong)
	}
	return nil
}

func (w *writer) count() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.acked
}

func (w *writer) finish() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.ended = true
}

func (w *writer) isFinished() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.ended
}

func (w *writer) fail(what string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.wrong = append(w.wrong, what)
}
