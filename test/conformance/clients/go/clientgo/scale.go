package clientgo

import (
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/util/retry"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func scaleChecks() []checks.Check {
	return []checks.Check{{
		Name: "scale: the client of an autoscaler reads, updates and patches replicas, in whichever version",
		Run: func(t *checks.T) {
			typed := newTyped(t)
			created := typed.mustCreate("one")
			waitForStatus(t, "one")
			cached := memory.NewMemCacheClient(newDiscovery(t))
			mapper := restmapper.NewDeferredDiscoveryRESTMapper(cached)
			client, err := scale.NewForConfig(t.Config, mapper, dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(cached))
			t.Must(err, "client")
			c := client.Scales(t.Namespace)
			resource := deployments.Resource.GroupResource()

			read, err := c.Get(t, resource, "one", metav1.GetOptions{})
			t.Must(err, "get")
			t.Equal(read.Spec.Replicas, int32(1), "spec.replicas")
			t.Equal(read.UID, created.UID, "uid")
			t.Equal(read.Status.Selector, "hawsepipe.dev/model-deployment=one", "status.selector")
			var scaled *autoscalingv1.Scale
			err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
				fresh, err := c.Get(t, resource, "one", metav1.GetOptions{})
				if err != nil {
					return err
				}
				fresh.Spec.Replicas = 3
				scaled, err = c.Update(t, resource, fresh, metav1.UpdateOptions{FieldManager: "autoscaler"})
				return err
			})
			t.Must(err, "update")
			t.Equal(scaled.Spec.Replicas, int32(3), "spec.replicas")
			stale := read.DeepCopy()
			stale.Spec.Replicas = 5
			_, err = c.Update(t, resource, stale, metav1.UpdateOptions{})
			t.Refused(err, errors.IsConflict)
			patched, err := c.Patch(t, deployments.V1Alpha1.WithResource(plural), "one", types.MergePatchType, []byte(`{"spec":{"replicas":0}}`), metav1.PatchOptions{})
			t.Must(err, "patch")
			t.Equal(patched.Spec.Replicas, int32(0), "spec.replicas")
			object, err := typed.get("one")
			t.Must(err, "get")
			t.Equal(*object.Spec.Serving.Replicas, int32(0), "spec.serving.replicas")
			t.Equal(object.Generation, int64(3), "generation")
			negative := []byte(`{"spec":{"replicas":-1}}`)
			_, err = c.Patch(t, deployments.Resource, "one", types.MergePatchType, negative, metav1.PatchOptions{})
			t.Refused(err, errors.IsInvalid, "spec.serving.replicas: Invalid value: -1")
		},
	}}
}
