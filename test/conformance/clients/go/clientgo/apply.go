package clientgo

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func applyChecks() []checks.Check {
	return []checks.Check{
		{Name: "apply: creates, and the same again writes nothing", Run: func(t *checks.T) {
			c := newDynamic(t)
			applied, err := c.Apply(t, "one", deployments.NewUnstructured(t.Namespace, "one"), metav1.ApplyOptions{FieldManager: "first"})
			t.Must(err, "apply")
			t.Equal(managersOf(applied), []string{"first Apply"}, "managers")
			settled := waitForStatus(t, "one")
			again, err := c.Apply(t, "one", deployments.NewUnstructured(t.Namespace, "one"), metav1.ApplyOptions{FieldManager: "first"})
			t.Must(err, "apply")
			t.Equal(again.GetResourceVersion(), settled.GetResourceVersion(), "resourceVersion")
		}},
		{Name: "apply: a conflict names the other manager and the field, force takes it over", Run: func(t *checks.T) {
			c := newDynamic(t)
			_, err := c.Apply(t, "one", withModel(t, "one", "Qwen/Qwen3-0.6B"), metav1.ApplyOptions{FieldManager: "first"})
			t.Must(err, "apply")
			_, err = c.Apply(t, "one", withModel(t, "one", "Qwen/Qwen3-8B"), metav1.ApplyOptions{FieldManager: "second"})
			t.Refused(err, errors.IsConflict, `Apply failed with 1 conflict: conflict with "first": .spec.model.id`)
			cause, found := errors.StatusCause(err, metav1.CauseTypeFieldManagerConflict)
			t.True(found, "the cause is a FieldManagerConflict")
			t.Equal(cause.Field, ".spec.model.id", "field of the cause")
			forced, err := c.Apply(t, "one", withModel(t, "one", "Qwen/Qwen3-8B"), metav1.ApplyOptions{FieldManager: "second", Force: true})
			t.Must(err, "forced apply")
			id, _, _ := unstructured.NestedString(forced.Object, "spec", "model", "id")
			t.Equal(id, "Qwen/Qwen3-8B", "spec.model.id")
			_, err = c.Apply(t, "one", withModel(t, "one", "Qwen/Qwen3-0.6B"), metav1.ApplyOptions{FieldManager: "first"})
			t.Refused(err, errors.IsConflict, `conflict with "second"`)
		}},
		{Name: "apply: what a manager stops applying goes, what another one shares stays", Run: func(t *checks.T) {
			c := newDynamic(t)
			withArgs := func(args map[string]any) *unstructured.Unstructured {
				object := deployments.NewUnstructured(t.Namespace, "one")
				t.Must(unstructured.SetNestedMap(object.Object, args, "spec", "engine", "args"), "set")
				return object
			}
			args := func(object *unstructured.Unstructured) string {
				got, _, _ := unstructured.NestedStringMap(object.Object, "spec", "engine", "args")
				return fmt.Sprint(got)
			}
			_, err := c.Apply(t, "one", withArgs(map[string]any{"a": "1", "b": "2"}), metav1.ApplyOptions{FieldManager: "first"})
			t.Must(err, "apply")
			both, err := c.Apply(t, "one", withArgs(map[string]any{"b": "2", "c": "3"}), metav1.ApplyOptions{FieldManager: "second"})
			t.Must(err, "apply")
			t.Equal(args(both), "map[a:1 b:2 c:3]", "args of both")
			left, err := c.Apply(t, "one", deployments.NewUnstructured(t.Namespace, "one"), metav1.ApplyOptions{FieldManager: "first"})
			t.Must(err, "apply")
			t.Equal(args(left), "map[b:2 c:3]", "args when the first manager has let go")
		}},
		{Name: "apply: the status has managers of its own", Run: func(t *checks.T) {
			c := newDynamic(t)
			_, err := c.Create(t, deployments.NewUnstructured(t.Namespace, "one"), metav1.CreateOptions{})
			t.Must(err, "create")
			object := &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": deployments.V1Alpha2.String(), "kind": deployments.Kind.Kind,
				"metadata": map[string]any{"name": "one"},
				"status": map[string]any{"conditions": []any{map[string]any{
					"type": "example.com/Checked", "status": "True", "reason": "Looked", "message": "",
					"lastTransitionTime": "2026-01-01T00:00:00Z",
				}}},
			}}
			applied, err := c.ApplyStatus(t, "one", object, metav1.ApplyOptions{FieldManager: "checker"})
			t.Must(err, "apply of the status")
			t.True(slices.Contains(managersOf(applied), "checker Apply status"), "the manager is noted: %v", managersOf(applied))
			conditions, _, _ := unstructured.NestedSlice(applied.Object, "status", "conditions")
			isThere := slices.ContainsFunc(conditions, func(one any) bool { return one.(map[string]any)["type"] == "example.com/Checked" })
			t.True(isThere, "the condition is there: %v", conditions)
			t.Equal(applied.GetGeneration(), int64(1), "generation")
		}},
		{Name: "apply: what was applied by a client is handed over to the server", Run: upgrade},
	}
}

// upgrade moves an object from client-side to server-side apply, as kubectl and Flux do.
func upgrade(t *checks.T) {
	c := newDynamic(t)
	object := deployments.NewUnstructured(t.Namespace, "one")
	object.SetLabels(map[string]string{"old": "yes"})
	_, err := c.Create(t, object, metav1.CreateOptions{FieldManager: "kubectl-client-side-apply"})
	t.Must(err, "create")
	settled := waitForStatus(t, "one")
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(settled, sets.New("kubectl-client-side-apply"), "kubectl")
	t.Must(err, "patch of the managed fields")
	upgraded, err := c.Patch(t, "one", types.JSONPatchType, patch, metav1.PatchOptions{})
	t.Must(err, "upgrade")
	t.True(slices.Contains(managersOf(upgraded), "kubectl Apply"), "the fields have moved: %v", managersOf(upgraded))
	applied, err := c.Apply(t, "one", deployments.NewUnstructured(t.Namespace, "one"), metav1.ApplyOptions{FieldManager: "kubectl"})
	t.Must(err, "apply")
	t.Equal(len(applied.GetLabels()), 0, "number of labels")
}

func withModel(t *checks.T, name, id string) *unstructured.Unstructured {
	object := deployments.NewUnstructured(t.Namespace, name)
	t.Must(unstructured.SetNestedField(object.Object, id, "spec", "model", "id"), "set")
	return object
}

// waitForStatus answers the object when the server has looked at its generation and written what it saw.
func waitForStatus(t *checks.T, name string) *unstructured.Unstructured {
	c := newDynamic(t)
	var object *unstructured.Unstructured
	t.Eventually("the status is written", func() (err error) {
		if object, err = c.Get(t, name, metav1.GetOptions{}); err != nil {
			return err
		}
		observed, _, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
		if observed != object.GetGeneration() {
			return fmt.Errorf("generation %d of %d is observed", observed, object.GetGeneration())
		}
		return nil
	})
	return object
}

// managersOf answers who manages fields, how, and of which subresource.
func managersOf(object *unstructured.Unstructured) []string {
	var out []string
	for _, entry := range object.GetManagedFields() {
		line := entry.Manager + " " + string(entry.Operation)
		if entry.Subresource != "" {
			line += " " + entry.Subresource
		}
		out = append(out, line)
	}
	return out
}
