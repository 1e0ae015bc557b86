// Package flux has the checks of the library Flux applies with: server-side apply, diff, prune and wait.
package flux

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/pkg/ssa"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

const owner = "kustomize-controller"

// Checks answers all checks of Flux.
func Checks() []checks.Check {
	return []checks.Check{
		{Name: "apply: created, then unchanged without a write, then configured where something drifted", Run: applies},
		{Name: "diff: nothing after an apply, the drift after a change by hand, and no trace of having looked", Run: diffs},
		{Name: "prune: what is no longer in the inventory goes, what is excluded stays", Run: prunes},
		{Name: "wait: kstatus takes a deployment for current when its model serves, and not before", Run: waits},
		{Name: "wait: a deployment that cannot become ready is never taken for current", Run: fails},
		{Name: "apply: an object made by kubectl is taken over with what kubectl left behind", Run: takesOver},
	}
}

func newManager(t *checks.T) (*ssa.ResourceManager, client.Client) {
	c, err := client.New(t.Config, client.Options{Scheme: deployments.Scheme()})
	t.Must(err, "client")
	poller := polling.NewStatusPoller(c, c.RESTMapper(), polling.Options{})
	return ssa.NewResourceManager(c, poller, ssa.Owner{Field: owner, Group: "kustomize.toolkit.fluxcd.io"}), c
}

// objects answers some deployments and a ConfigMap, as a Kustomization would hold them.
func objects(t *checks.T, names ...string) []*unstructured.Unstructured {
	out := []*unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"namespace": t.Namespace, "name": "settings"},
		"data":     map[string]any{"level": "info"},
	}}}
	for _, name := range names {
		out = append(out, deployments.NewUnstructured(t.Namespace, name))
	}
	return out
}

func actions(set *ssa.ChangeSet) string {
	out := []string{}
	for _, entry := range set.Entries {
		out = append(out, entry.ObjMetadata.Name+" "+entry.Action.String())
	}
	slices.Sort(out)
	return fmt.Sprint(out)
}

func applies(t *checks.T) {
	manager, c := newManager(t)
	apply := func() string {
		set, err := manager.ApplyAllStaged(t, objects(t, "one", "two"), ssa.DefaultApplyOptions())
		t.Must(err, "apply")
		return actions(set)
	}
	t.Equal(apply(), "[one created settings created two created]", "actions")
	t.Equal(apply(), "[one unchanged settings unchanged two unchanged]", "actions")
	drift(t, c, "one")
	t.Equal(apply(), "[one configured settings unchanged two unchanged]", "actions")
	object := &deployments.ModelDeployment{}
	t.Must(c.Get(t, client.ObjectKey{Namespace: t.Namespace, Name: "one"}, object), "get")
	t.Equal(object.Spec.Model.ID, "Qwen/Qwen3-0.6B", "spec.model.id")
}

// drift changes an object by hand.
func drift(t *checks.T, c client.Client, name string) {
	object := &deployments.ModelDeployment{}
	t.Must(c.Get(t, client.ObjectKey{Namespace: t.Namespace, Name: name}, object), "get")
	before := object.DeepCopy()
	object.Spec.Model.ID = "by/hand"
	t.Must(c.Patch(t, object, client.MergeFrom(before), client.FieldOwner("hand")), "patch")
}

func diffs(t *checks.T) {
	manager, c := newManager(t)
	wanted := func() *unstructured.Unstructured { return deployments.NewUnstructured(t.Namespace, "one") }
	entry, _, _, err := manager.Diff(t, wanted(), ssa.DefaultDiffOptions())
	t.Must(err, "diff of what is not there")
	t.Equal(entry.Action, ssa.CreatedAction, "action")
	_, err = manager.Apply(t, wanted(), ssa.DefaultApplyOptions())
	t.Must(err, "apply")
	entry, _, _, err = manager.Diff(t, wanted(), ssa.DefaultDiffOptions())
	t.Must(err, "diff")
	t.Equal(entry.Action, ssa.UnchangedAction, "action")
	drift(t, c, "one")
	entry, live, merged, err := manager.Diff(t, wanted(), ssa.DefaultDiffOptions())
	t.Must(err, "diff")
	t.Equal(entry.Action, ssa.ConfiguredAction, "action")
	model := func(object *unstructured.Unstructured) string {
		id, _, _ := unstructured.NestedString(object.Object, "spec", "model", "id")
		return id
	}
	t.Equal([]string{model(live), model(merged)}, []string{"by/hand", "Qwen/Qwen3-0.6B"}, "model live and merged")
	object := &deployments.ModelDeployment{}
	t.Must(c.Get(t, client.ObjectKey{Namespace: t.Namespace, Name: "one"}, object), "get")
	t.Equal(object.Spec.Model.ID, "by/hand", "spec.model.id after the diff")

	invalid := wanted()
	t.Must(unstructured.SetNestedField(invalid.Object, "sideways", "spec", "serving", "mode"), "set")
	_, _, _, err = manager.Diff(t, invalid, ssa.DefaultDiffOptions())
	t.Refused(err, func(error) bool { return true }, "dry-run failed", "spec.serving.mode")
}

func prunes(t *checks.T) {
	manager, c := newManager(t)
	first := objects(t, "one", "two", "three")
	manager.SetOwnerLabels(first, "app", t.Namespace)
	first[3].SetAnnotations(map[string]string{"kustomize.toolkit.fluxcd.io/prune": "disabled"})
	before, err := manager.ApplyAll(t, first, ssa.DefaultApplyOptions())
	t.Must(err, "apply")
	second := objects(t, "one")
	manager.SetOwnerLabels(second, "app", t.Namespace)
	after, err := manager.ApplyAll(t, second, ssa.DefaultApplyOptions())
	t.Must(err, "apply")
	stale := before.ToObjMetadataSet().Diff(after.ToObjMetadataSet())
	t.Equal(len(stale), 2, "number of stale objects")
	var gone []*unstructured.Unstructured
	for _, one := range stale {
		gone = append(gone, deployments.NewUnstructured(one.Namespace, one.Name))
	}
	options := ssa.DefaultDeleteOptions()
	options.Inclusions = manager.GetOwnerLabels("app", t.Namespace)
	options.Exclusions = map[string]string{"kustomize.toolkit.fluxcd.io/prune": "disabled"}
	deleted, err := manager.DeleteAll(t, gone, options)
	t.Must(err, "delete")
	t.Equal(actions(deleted), "[three skipped two deleted]", "actions")
	t.Must(manager.WaitForSetTermination(deleted, ssa.WaitOptions{Interval: 100 * time.Millisecond, Timeout: 30 * time.Second}), "wait for the end")
	list := &deployments.ModelDeploymentList{}
	t.Must(c.List(t, list, client.InNamespace(t.Namespace), client.MatchingLabels(options.Inclusions)), "list")
	t.Equal(len(list.Items), 2, "number of objects left")
}

// serving answers a deployment that is reconciled.
func serving(t *checks.T, name string) *unstructured.Unstructured {
	out := deployments.NewUnstructured(t.Namespace, name)
	unstructured.RemoveNestedField(out.Object, "spec", "paused")
	return out
}

// report gives the rendered Deployment the status a controller would, as soon as it is there.
func report(t *checks.T, c client.Client, name string, status appsv1.DeploymentStatus) {
	t.Eventually("the status of the Deployment is written", func() error {
		workload := &appsv1.Deployment{}
		if err := c.Get(t, client.ObjectKey{Namespace: t.Namespace, Name: name}, workload); err != nil {
			return err
		}
		workload.Status = status
		workload.Status.ObservedGeneration = workload.Generation
		return c.Status().Update(t, workload)
	})
}

func waits(t *checks.T) {
	manager, c := newManager(t)
	object := serving(t, "one")
	_, err := manager.Apply(t, object, ssa.DefaultApplyOptions())
	t.Must(err, "apply")
	wait := func(timeout time.Duration) error {
		return manager.Wait([]*unstructured.Unstructured{object}, ssa.WaitOptions{Interval: 100 * time.Millisecond, Timeout: timeout})
	}
	// kstatus takes what has no status yet for current.
	t.Eventually("the server has looked at it", func() error {
		seen := &deployments.ModelDeployment{}
		if err := c.Get(t, client.ObjectKeyFromObject(object), seen); err != nil {
			return err
		}
		if seen.Status.ObservedGeneration != seen.Generation {
			return fmt.Errorf("generation %d is observed", seen.Status.ObservedGeneration)
		}
		return nil
	})
	// Nothing in this cluster makes the Deployment available.
	t.Refused(wait(2*time.Second), func(error) bool { return true }, "timeout waiting for", "one")
	report(t, c, "one", appsv1.DeploymentStatus{
		Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1,
		Conditions: []appsv1.DeploymentCondition{
			{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable"},
			{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable"},
		},
	})
	t.Must(wait(30*time.Second), "wait")
	served := &deployments.ModelDeployment{}
	t.Must(c.Get(t, client.ObjectKeyFromObject(object), served), "get")
	t.Equal(served.Status.Phase, "Running", "status.phase")
	t.Equal(served.Status.ObservedGeneration, served.Generation, "status.observedGeneration")
}

func fails(t *checks.T) {
	manager, c := newManager(t)
	object := serving(t, "one")
	_, err := manager.Apply(t, object, ssa.DefaultApplyOptions())
	t.Must(err, "apply")
	report(t, c, "one", appsv1.DeploymentStatus{
		Conditions: []appsv1.DeploymentCondition{
			{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded", Message: "has timed out progressing"},
		},
	})
	t.Eventually("the failure is reported", func() error {
		failed := &deployments.ModelDeployment{}
		if err := c.Get(t, client.ObjectKeyFromObject(object), failed); err != nil {
			return err
		}
		if failed.Status.Phase != "Failed" {
			return fmt.Errorf("the phase is %s", failed.Status.Phase)
		}
		return nil
	})
	err = manager.Wait([]*unstructured.Unstructured{object}, ssa.WaitOptions{Interval: 100 * time.Millisecond, Timeout: time.Second})
	t.Refused(err, func(error) bool { return true }, "one")
}

func takesOver(t *checks.T) {
	manager, c := newManager(t)
	made := deployments.NewUnstructured(t.Namespace, "one")
	made.SetLabels(map[string]string{"made-by": "kubectl"})
	last, err := json.Marshal(made)
	t.Must(err, "encode")
	made.SetAnnotations(map[string]string{corev1.LastAppliedConfigAnnotation: string(last)})
	t.Must(c.Create(t, made, client.FieldOwner("kubectl-client-side-apply")), "create")
	options := ssa.DefaultApplyOptions()
	options.Cleanup = ssa.ApplyCleanupOptions{
		Annotations:   []string{corev1.LastAppliedConfigAnnotation},
		FieldManagers: []ssa.FieldManager{{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationApply}, {Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate}},
	}
	_, err = manager.Apply(t, deployments.NewUnstructured(t.Namespace, "one"), options)
	t.Must(err, "apply")
	taken := &unstructured.Unstructured{}
	taken.SetGroupVersionKind(deployments.Kind)
	t.Must(c.Get(t, client.ObjectKeyFromObject(made), taken), "get")
	t.Equal(len(taken.GetLabels()), 0, "number of labels")
	t.Equal(len(taken.GetAnnotations()), 0, "number of annotations")
	for _, entry := range taken.GetManagedFields() {
		t.True(entry.Subresource != "" || entry.Manager == owner, "only Flux manages the spec: %s", entry.Manager)
	}
	err = c.Get(t, client.ObjectKey{Namespace: t.Namespace, Name: "none"}, taken)
	t.Refused(err, errors.IsNotFound)
}
