// Package deployments is the ModelDeployment API as a Go client would have it: types of the fields the checks use, a
// scheme they are registered in, and resources by name.
package deployments

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The group, its served versions, and the resource in each.
var (
	Group    = "hawsepipe.dev"
	V1Alpha1 = schema.GroupVersion{Group: Group, Version: "v1alpha1"}
	V1Alpha2 = schema.GroupVersion{Group: Group, Version: "v1alpha2"}
	Resource = V1Alpha2.WithResource("modeldeployments")
	Kind     = V1Alpha2.WithKind("ModelDeployment")
)

// ModelDeployment in v1alpha2.
type ModelDeployment struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              Spec   `json:"spec"`
	Status            Status `json:"status,omitempty"`
}

// Spec holds the fields the checks use.
type Spec struct {
	Model    Model    `json:"model"`
	Engine   Engine   `json:"engine,omitempty"`
	Provider Provider `json:"provider,omitempty"`
	Serving  Serving  `json:"serving,omitempty"`
	Paused   *bool    `json:"paused,omitempty"`
}

type Model struct {
	ID     string `json:"id,omitempty"`
	Source string `json:"source,omitempty"`
}

type Engine struct {
	Type          string            `json:"type,omitempty"`
	ContextLength *int32            `json:"contextLength,omitempty"`
	EnforceEager  *bool             `json:"enforceEager,omitempty"`
	Args          map[string]string `json:"args,omitempty"`
}

type Provider struct {
	Name string `json:"name,omitempty"`
}

type Serving struct {
	Mode      string    `json:"mode,omitempty"`
	Replicas  *int32    `json:"replicas,omitempty"`
	Resources Resources `json:"resources,omitempty"`
}

type Resources struct {
	GPU GPU `json:"gpu,omitempty"`
}

type GPU struct {
	Count int32  `json:"count"`
	Type  string `json:"type,omitempty"`
}

// Status holds the fields the checks use.
type Status struct {
	Phase              string             `json:"phase,omitempty"`
	Message            string             `json:"message,omitempty"`
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	Selector           string             `json:"selector,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// ModelDeploymentList is a list of them.
type ModelDeploymentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ModelDeployment `json:"items"`
}

func (in *ModelDeployment) DeepCopyObject() runtime.Object { return in.DeepCopy() }

// DeepCopy copies everything a caller might change.
func (in *ModelDeployment) DeepCopy() *ModelDeployment {
	out := *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.Spec.Paused = copied(in.Spec.Paused)
	out.Spec.Engine.ContextLength = copied(in.Spec.Engine.ContextLength)
	out.Spec.Engine.EnforceEager = copied(in.Spec.Engine.EnforceEager)
	out.Spec.Serving.Replicas = copied(in.Spec.Serving.Replicas)
	if in.Spec.Engine.Args != nil {
		out.Spec.Engine.Args = make(map[string]string, len(in.Spec.Engine.Args))
		for key, value := range in.Spec.Engine.Args {
			out.Spec.Engine.Args[key] = value
		}
	}
	if in.Status.Conditions != nil {
		out.Status.Conditions = make([]metav1.Condition, len(in.Status.Conditions))
		for i := range in.Status.Conditions {
			in.Status.Conditions[i].DeepCopyInto(&out.Status.Conditions[i])
		}
	}
	return &out
}

func (in *ModelDeploymentList) DeepCopyObject() runtime.Object {
	out := *in
	in.ListMeta.DeepCopyInto(&out.ListMeta)
	out.Items = make([]ModelDeployment, len(in.Items))
	for i := range in.Items {
		out.Items[i] = *in.Items[i].DeepCopy()
	}
	return &out
}

func copied[V any](pointer *V) *V {
	if pointer == nil {
		return nil
	}
	value := *pointer
	return &value
}

// AddToScheme registers the kinds of v1alpha2 and the options of requests for them.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(V1Alpha2, &ModelDeployment{}, &ModelDeploymentList{})
	metav1.AddToGroupVersion(scheme, V1Alpha2)
	return nil
}
