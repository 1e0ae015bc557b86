package clientgo

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"

	"hawsepipe.dev/test/conformance/clients/checks"
	"hawsepipe.dev/test/conformance/clients/deployments"
)

func pagerChecks() []checks.Check {
	return []checks.Check{
		{Name: "pager: pages are one consistent list, whatever is written in between", Run: func(t *checks.T) {
			c := newTyped(t)
			for i := range 11 {
				c.mustCreate(deployments.Name(i))
			}
			versions := map[string]bool{}
			remaining := []int64{}
			p := pager.New(pager.SimplePageFunc(func(options metav1.ListOptions) (runtime.Object, error) {
				list, err := c.list(options)
				if err != nil {
					return nil, err
				}
				versions[list.ResourceVersion] = true
				if list.RemainingItemCount != nil {
					remaining = append(remaining, *list.RemainingItemCount)
				}
				if len(versions) == 1 && options.Continue == "" {
					c.mustCreate("model-005-late")
					t.Must(c.delete(deployments.Name(9), metav1.DeleteOptions{}), "delete")
				}
				return list, nil
			}))
			p.PageSize = 4
			p.PageBufferSize = 0
			seen := []string{}
			err := p.EachListItem(t, metav1.ListOptions{}, func(item runtime.Object) error {
				seen = append(seen, item.(*deployments.ModelDeployment).Name)
				return nil
			})
			t.Must(err, "pages")
			want := []string{}
			for i := range 11 {
				want = append(want, deployments.Name(i))
			}
			t.Equal(seen, want, "items")
			t.Equal(remaining, []int64{7, 3}, "remaining items after each page")
			t.Equal(len(versions), 1, "number of resource versions")
		}},
		{Name: "pager: a continue token that expired falls back to a full list", Run: func(t *checks.T) {
			c := newTyped(t)
			for i := range 5 {
				c.mustCreate(deployments.Name(i))
			}
			pages := 0
			p := pager.New(func(_ context.Context, options metav1.ListOptions) (runtime.Object, error) {
				pages++
				if options.Continue != "" {
					return nil, errors.NewResourceExpired("expired for the check")
				}
				return c.list(options)
			})
			p.PageSize = 2
			object, _, err := p.List(t, metav1.ListOptions{})
			t.Must(err, "list")
			t.Equal(fmt.Sprint(names(object.(*deployments.ModelDeploymentList))), "[model-000 model-001 model-002 model-003 model-004]", "items")
			t.Equal(pages, 3, "requests")
		}},
	}
}
