package clientgo

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/openapi3"
	"k8s.io/client-go/restmapper"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func newDiscovery(t *checks.T) *discovery.DiscoveryClient {
	client, err := discovery.NewDiscoveryClientForConfig(t.Config)
	t.Must(err, "client")
	return client
}

func discoveryChecks() []checks.Check {
	return []checks.Check{
		{Name: "discovery: the group, its versions and what its resources can do", Run: func(t *checks.T) {
			groups, lists, err := newDiscovery(t).ServerGroupsAndResources()
			t.Must(err, "discovery")
			at := slices.IndexFunc(groups, func(group *metav1.APIGroup) bool { return group.Name == deployments.Group })
			t.True(at >= 0, "the group is there")
			t.Equal(groups[at].PreferredVersion.Version, "v1alpha2", "preferred version")
			for _, version := range []schema.GroupVersion{deployments.V1Alpha1, deployments.V1Alpha2} {
				at := slices.IndexFunc(lists, func(list *metav1.APIResourceList) bool { return list.GroupVersion == version.String() })
				t.True(at >= 0, "there is a list of resources for %s", version)
				described := map[string]string{}
				for _, resource := range lists[at].APIResources {
					if strings.HasPrefix(resource.Name, plural) {
						described[resource.Name] = resource.Kind + " " + strings.Join(resource.Verbs, ",") + " " + strings.Join(resource.ShortNames, ",")
					}
				}
				t.Equal(described, map[string]string{
					"modeldeployments":           "ModelDeployment delete,deletecollection,get,list,patch,create,update,watch mdep",
					"modeldeployments/status":    "ModelDeployment get,patch,update ",
					"modeldeployments/scale":     "Scale get,patch,update ",
					"modeldeployments/manifests": "ModelDeploymentManifests get ",
					"modeldeployments/reconcile": "ModelDeploymentReconcile create ",
				}, "resources of "+version.String())
			}
		}},
		{Name: "RESTMapper: kind, resource and short name lead to each other", Run: func(t *checks.T) {
			cached := memory.NewMemCacheClient(newDiscovery(t))
			mapper := restmapper.NewShortcutExpander(restmapper.NewDeferredDiscoveryRESTMapper(cached), cached, nil)
			mapping, err := mapper.RESTMapping(deployments.Kind.GroupKind())
			t.Must(err, "mapping")
			t.Equal(mapping.Resource, deployments.Resource, "resource")
			t.Equal(mapping.Scope.Name(), meta.RESTScopeNameNamespace, "scope")
			kind, err := mapper.KindFor(schema.GroupVersionResource{Resource: "mdep"})
			t.Must(err, "short name")
			t.Equal(kind, deployments.Kind, "kind of the short name")
			kinds, err := mapper.KindsFor(deployments.V1Alpha1.WithResource("modeldeployment"))
			t.Must(err, "singular")
			t.Equal(kinds, []schema.GroupVersionKind{deployments.V1Alpha1.WithKind("ModelDeployment")}, "kinds of the singular")
			all, found := restmapper.NewDiscoveryCategoryExpander(cached).Expand("all")
			t.True(found && slices.Contains(all, deployments.Resource.GroupResource()), "the resource is in category all: %v", all)
		}},
		{Name: "OpenAPI v3: the document of each version names our kind, with its scope and verbs", Run: func(t *checks.T) {
			root := openapi3.NewRoot(newDiscovery(t).OpenAPIV3())
			for _, version := range []schema.GroupVersion{deployments.V1Alpha1, deployments.V1Alpha2} {
				document, err := root.GVSpec(version)
				t.Must(err, "document of "+version.String())
				collection := document.Paths.Paths["/apis/"+version.String()+"/namespaces/{namespace}/modeldeployments"]
				t.True(collection != nil && collection.Post != nil && collection.Get != nil && collection.Delete != nil, "the collection has its verbs")
				kinds := 0
				for name, schema := range document.Components.Schemas {
					if strings.HasSuffix(name, ".ModelDeployment") {
						kinds++
						t.True(schema.Properties["spec"].Properties["model"].Properties["id"].Type.Contains("string"), "spec.model.id is a string")
					}
				}
				t.Equal(kinds, 1, "schemas of the kind")
			}
		}},
		{Name: "OpenAPI v2: the merged document of the cluster has our kind", Run: func(t *checks.T) {
			document, err := newDiscovery(t).OpenAPISchema()
			t.Must(err, "document")
			found := 0
			for _, definition := range document.GetDefinitions().GetAdditionalProperties() {
				if strings.HasSuffix(definition.GetName(), ".v1alpha2.ModelDeployment") {
					found++
				}
			}
			t.Equal(found, 1, "definitions of the kind")
		}},
	}
}
