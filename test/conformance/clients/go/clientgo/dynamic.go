package clientgo

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func newDynamic(t *checks.T) dynamic.ResourceInterface {
	client, err := dynamic.NewForConfig(t.Config)
	t.Must(err, "client")
	return client.Resource(deployments.Resource).Namespace(t.Namespace)
}

func dynamicChecks() []checks.Check {
	return []checks.Check{
		{Name: "dynamic: each type of patch does what it says, and a strategic one is refused", Run: patches},
		{Name: "dynamic: a dry run answers and leaves no trace", Run: dryRuns},
		{Name: "dynamic: unknown fields are refused, warned of or dropped, as asked", Run: fieldValidation},
		{Name: "dynamic: the rendered manifests are a subresource", Run: func(t *checks.T) {
			c := newDynamic(t)
			_, err := c.Create(t, deployments.NewUnstructured(t.Namespace, "one"), metav1.CreateOptions{})
			t.Must(err, "create")
			manifests, err := c.Get(t, "one", metav1.GetOptions{}, "manifests")
			t.Must(err, "get of manifests")
			items, _, err := unstructured.NestedSlice(manifests.Object, "items")
			t.Must(err, "items")
			kinds := []string{}
			for _, item := range items {
				kinds = append(kinds, item.(map[string]any)["kind"].(string))
			}
			t.Equal(kinds, []string{"Deployment", "Service"}, "kinds")
		}},
	}
}

func patches(t *checks.T) {
	c := newDynamic(t)
	object := deployments.NewUnstructured(t.Namespace, "one")
	object.SetLabels(map[string]string{"a": "1", "b": "2"})
	_, err := c.Create(t, object, metav1.CreateOptions{})
	t.Must(err, "create")
	merged, err := c.Patch(t, "one", types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"a":null,"c":"3"}},"spec":{"engine":{"args":{"max-num-seqs":"8"}}}}`), metav1.PatchOptions{})
	t.Must(err, "merge patch")
	t.Equal(merged.GetLabels(), map[string]string{"b": "2", "c": "3"}, "labels")
	patched, err := c.Patch(t, "one", types.JSONPatchType,
		[]byte(`[{"op":"test","path":"/spec/engine/args/max-num-seqs","value":"8"},{"op":"move","from":"/metadata/labels/b","path":"/metadata/labels/d"}]`),
		metav1.PatchOptions{})
	t.Must(err, "JSON patch")
	t.Equal(patched.GetLabels(), map[string]string{"c": "3", "d": "2"}, "labels")
	_, err = c.Patch(t, "one", types.JSONPatchType, []byte(`[{"op":"test","path":"/spec/paused","value":false}]`), metav1.PatchOptions{})
	t.Refused(err, errors.IsInvalid)
	_, err = c.Patch(t, "one", types.StrategicMergePatchType, []byte(`{}`), metav1.PatchOptions{})
	t.Refused(err, errors.IsUnsupportedMediaType, "application/json-patch+json")
	unchanged, err := c.Patch(t, "one", types.MergePatchType, []byte(`{"metadata":{"labels":{"c":"3"}}}`), metav1.PatchOptions{})
	t.Must(err, "merge patch without effect")
	again, err := c.Patch(t, "one", types.MergePatchType, []byte(`{"metadata":{"labels":{"c":"3"}}}`), metav1.PatchOptions{})
	t.Must(err, "merge patch without effect")
	t.Equal(unchanged.GetGeneration(), again.GetGeneration(), "generation")
	stale, err := json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": object.GetResourceVersion() + "1"}})
	t.Must(err, "encode")
	_, err = c.Patch(t, "one", types.MergePatchType, stale, metav1.PatchOptions{})
	t.Refused(err, errors.IsConflict)
}

func dryRuns(t *checks.T) {
	c := newDynamic(t)
	all := []string{metav1.DryRunAll}
	answer, err := c.Create(t, deployments.NewUnstructured(t.Namespace, "one"), metav1.CreateOptions{DryRun: all})
	t.Must(err, "dry run of create")
	mode, _, _ := unstructured.NestedString(answer.Object, "spec", "serving", "mode")
	t.Equal(mode, "aggregated", "default in the answer")
	_, err = c.Get(t, "one", metav1.GetOptions{})
	t.Refused(err, errors.IsNotFound)
	_, err = c.Create(t, deployments.NewUnstructured(t.Namespace, "one"), metav1.CreateOptions{})
	t.Must(err, "create")
	patched, err := c.Patch(t, "one", types.MergePatchType, []byte(`{"spec":{"model":{"id":"Qwen/Qwen3-8B"}}}`), metav1.PatchOptions{DryRun: all})
	t.Must(err, "dry run of patch")
	t.Equal(patched.GetGeneration(), int64(2), "generation in the answer")
	t.Must(c.Delete(t, "one", metav1.DeleteOptions{DryRun: all}), "dry run of delete")
	there, err := c.Get(t, "one", metav1.GetOptions{})
	t.Must(err, "get")
	id, _, _ := unstructured.NestedString(there.Object, "spec", "model", "id")
	t.Equal(id, "Qwen/Qwen3-0.6B", "spec.model.id")
	t.True(there.GetDeletionTimestamp() == nil, "nothing is deleted")
}

func fieldValidation(t *checks.T) {
	warnings := &warnings{}
	t.Config.WarningHandlerWithContext = warnings
	c := newDynamic(t)
	typo := func(name string) *unstructured.Unstructured {
		object := deployments.NewUnstructured(t.Namespace, name)
		t.Must(unstructured.SetNestedField(object.Object, "x", "spec", "engine", "typo"), "set")
		return object
	}
	_, err := c.Create(t, typo("strict"), metav1.CreateOptions{FieldValidation: "Strict"})
	t.Refused(err, errors.IsBadRequest, `unknown field "spec.engine.typo"`)
	created, err := c.Create(t, typo("warn"), metav1.CreateOptions{FieldValidation: "Warn"})
	t.Must(err, "create with warnings")
	t.Equal(warnings.take(), []string{`unknown field "spec.engine.typo"`}, "warnings")
	_, found, _ := unstructured.NestedString(created.Object, "spec", "engine", "typo")
	t.True(!found, "what is unknown is dropped")
	_, err = c.Create(t, typo("ignore"), metav1.CreateOptions{FieldValidation: "Ignore"})
	t.Must(err, "create that ignores")
	t.Equal(warnings.take(), []string(nil), "warnings")
}
