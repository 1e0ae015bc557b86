package deployments

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// Scheme answers a new scheme with the built-in kinds and ours.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(AddToScheme(scheme))
	return scheme
}

// RESTClient answers a client of v1alpha2 with our types, as a generated clientset has one.
func RESTClient(config *rest.Config, scheme *runtime.Scheme) (*rest.RESTClient, error) {
	config = rest.CopyConfig(config)
	config.APIPath = "/apis"
	config.GroupVersion = &V1Alpha2
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	return rest.RESTClientFor(config)
}

// New answers a small object that the vLLM provider serves on one GPU. Paused, so that nobody but the check writes its
// spec and nothing is rendered.
func New(namespace, name string) *ModelDeployment {
	paused := true
	return &ModelDeployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: V1Alpha2.String(), Kind: Kind.Kind},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: Spec{
			Model:    Model{ID: "Qwen/Qwen3-0.6B"},
			Engine:   Engine{Type: "vllm"},
			Provider: Provider{Name: "vllm"},
			Serving:  Serving{Resources: Resources{GPU: GPU{Count: 1}}},
			Paused:   &paused,
		},
	}
}

// NewUnstructured answers the same object without types, with nothing in it but what was set.
func NewUnstructured(namespace, name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": V1Alpha2.String(),
		"kind":       Kind.Kind,
		"metadata":   map[string]any{"namespace": namespace, "name": name},
		"spec": map[string]any{
			"model":    map[string]any{"id": "Qwen/Qwen3-0.6B"},
			"engine":   map[string]any{"type": "vllm"},
			"provider": map[string]any{"name": "vllm"},
			"serving":  map[string]any{"resources": map[string]any{"gpu": map[string]any{"count": int64(1)}}},
			"paused":   true,
		},
	}}
}

// Name numbers objects so that their order by name is the order of the numbers.
func Name(i int) string { return fmt.Sprintf("model-%03d", i) }
