// Package checks runs named checks one after the other and prints one line of JSON for each, which is what the tests
// that start a client program read. A check has a namespace of its own, so nothing it sees comes from another one.
package checks

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Check is one behaviour; its name is the sentence it is reported under.
type Check struct {
	Name string
	Run  func(t *T)
}

// T is what a check is given. Its methods end the check when something is not as it should be.
type T struct {
	context.Context
	// Config may be changed by the check; Plain stays as it was.
	Config, Plain *rest.Config
	Namespace     string
	cleanups      []func()
}

type result struct {
	Check        string `json:"check"`
	OK           bool   `json:"ok"`
	Error        string `json:"error,omitempty"`
	Milliseconds int64  `json:"milliseconds"`
}

type failure struct{ message string }

const timeout = 60 * time.Second

// Run runs the checks of one client and prints their results; an error means that none could be run.
func Run(ctx context.Context, out io.Writer, config *rest.Config, prefix string, all []Check) error {
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	for _, check := range all {
		wanted := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix + "-"}}
		namespace, err := kube.CoreV1().Namespaces().Create(ctx, wanted, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		started := time.Now()
		failed := runOne(ctx, config, namespace.Name, check)
		if err := Report(out, check.Name, started, failed); err != nil {
			return err
		}
	}
	return nil
}

// Report prints the line of one check; an error is what it failed with.
func Report(out io.Writer, name string, started time.Time, failed error) error {
	line := result{Check: name, OK: failed == nil, Milliseconds: time.Since(started).Milliseconds()}
	if failed != nil {
		line.Error = failed.Error()
	}
	return json.NewEncoder(out).Encode(line)
}

// Without answers the checks but for those of the given names; a name that is none is an error.
func Without(all []Check, names []string) ([]Check, error) {
	for _, name := range names {
		at := slices.IndexFunc(all, func(check Check) bool { return check.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("no check %q", name)
		}
		all = slices.Delete(all, at, at+1)
	}
	return all, nil
}

func runOne(parent context.Context, config *rest.Config, namespace string, check Check) (err error) {
	ctx, cancel := context.WithTimeout(parent, timeout)
	defer cancel()
	t := &T{Context: ctx, Config: rest.CopyConfig(config), Plain: config, Namespace: namespace}
	defer func() {
		for i := len(t.cleanups) - 1; i >= 0; i-- {
			t.cleanups[i]()
		}
	}()
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case failure:
			err = fmt.Errorf("%s", thrown.message)
		default:
			panic(thrown)
		}
	}()
	check.Run(t)
	return nil
}

// Cleanup has something done when the check has ended.
func (t *T) Cleanup(do func()) { t.cleanups = append(t.cleanups, do) }

// Fatalf ends the check with a message.
func (t *T) Fatalf(format string, args ...any) { panic(failure{fmt.Sprintf(format, args...)}) }

// Must ends the check if there is an error.
func (t *T) Must(err error, doing string) {
	if err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
}

// Equal ends the check if the two differ.
func (t *T) Equal(got, want any, what string) {
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s is %#v, not %#v", what, got, want)
	}
}

// True ends the check if something does not hold.
func (t *T) True(holds bool, what string, args ...any) {
	if !holds {
		t.Fatalf("it is not so that "+what, args...)
	}
}

// Refused ends the check unless the error is of the wanted sort and says each of the words.
func (t *T) Refused(err error, is func(error) bool, words ...string) {
	if err == nil || !is(err) {
		t.Fatalf("refused in another way: %v", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Fatalf("the refusal does not say %q: %v", word, err)
		}
	}
}

// Eventually tries until there is no error, and ends the check with the last one when its time is up.
func (t *T) Eventually(what string, try func() error) {
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-t.Done():
			t.Fatalf("%s did not come true: %v", what, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Next answers the next value of a channel; a check that waits longer than it may ends, as does one whose channel does.
func Next[V any](t *T, from <-chan V, what string) V {
	select {
	case value, open := <-from:
		if !open {
			t.Fatalf("no %s: the channel is closed", what)
		}
		return value
	case <-t.Done():
		t.Fatalf("no %s in time", what)
	}
	panic("unreachable")
}
