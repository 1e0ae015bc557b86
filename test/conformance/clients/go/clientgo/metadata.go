package clientgo

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func metadataChecks() []checks.Check {
	return []checks.Check{{
		Name: "metadata: get, list, watch, patch and delete carry metadata alone",
		Run: func(t *checks.T) {
			created := newTyped(t).mustCreate("one", func(object *deployments.ModelDeployment) {
				object.Annotations = map[string]string{"note": "kept"}
			})
			asked := recordRequests(t.Config)
			client, err := metadata.NewForConfig(t.Config)
			t.Must(err, "client")
			c := client.Resource(deployments.Resource).Namespace(t.Namespace)

			got, err := c.Get(t, "one", metav1.GetOptions{})
			t.Must(err, "get")
			t.Equal(got.UID, created.UID, "uid")
			t.Equal(got.Annotations, map[string]string{"note": "kept"}, "annotations")
			list, err := c.List(t, metav1.ListOptions{})
			t.Must(err, "list")
			t.Equal(len(list.Items), 1, "number of items")
			t.Equal(list.Items[0].UID, created.UID, "uid in the list")

			w, err := c.Watch(t, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
			t.Must(err, "watch")
			defer w.Stop()
			patched, err := c.Patch(t, "one", types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{})
			t.Must(err, "patch")
			t.Equal(patched.Labels, map[string]string{"a": "b"}, "labels")
			for {
				event := checks.Next(t, w.ResultChan(), "event")
				object, isMetadata := event.Object.(*metav1.PartialObjectMetadata)
				t.True(isMetadata, "events carry metadata: %T", event.Object)
				if object.ResourceVersion == patched.ResourceVersion {
					t.Equal(object.Labels, patched.Labels, "labels in the event")
					break
				}
			}
			t.Must(c.Delete(t, "one", metav1.DeleteOptions{}), "delete")
			t.Equal(asked.kinds(), []string{"GET", "list", "watch", "PATCH", "DELETE"}, "requests")
			for _, kind := range []string{"GET", "list", "watch", "PATCH"} {
				accept := asked.of(kind)[0].accept
				t.True(strings.Contains(accept, "as=PartialObjectMetadata"), "%s asks for metadata: %q", kind, accept)
			}
		},
	}}
}
