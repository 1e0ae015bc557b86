package clientgo

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func eventChecks() []checks.Check {
	return []checks.Check{{
		Name: "events: a recorder's events about an object are found by it, and repeated ones are counted",
		Run: func(t *checks.T) {
			created := newTyped(t).mustCreate("one")
			scheme := deployments.Scheme()
			kube, err := kubernetes.NewForConfig(t.Config)
			t.Must(err, "client")
			broadcaster := record.NewBroadcaster(record.WithContext(t))
			defer broadcaster.Shutdown()
			broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: kube.CoreV1().Events(t.Namespace)})
			recorder := broadcaster.NewRecorder(scheme, corev1.EventSource{Component: "checker"})
			for range 3 {
				recorder.Event(created, corev1.EventTypeWarning, "Checked", "looked at it")
			}
			t.Eventually("one event, counted three times", func() error {
				found, err := kube.CoreV1().Events(t.Namespace).SearchWithContext(t, scheme, created)
				if err != nil {
					return err
				}
				for _, event := range found.Items {
					if event.Source.Component == "checker" && event.Count == 3 {
						t.Equal(event.InvolvedObject.UID, created.UID, "uid of the object")
						t.Equal(event.InvolvedObject.APIVersion, deployments.V1Alpha2.String(), "apiVersion of the object")
						return nil
					}
				}
				return fmt.Errorf("%d events", len(found.Items))
			})
		},
	}}
}
