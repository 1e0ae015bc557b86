package restart

import (
	"fmt"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/client-go/tools/cache"
)

// order watches over the events of each object. An object may be told again as it is, as after a new list; it may not
// come twice, become older, or come back.
type order struct {
	mutex sync.Mutex
	last  map[types.UID]string
	gone  map[types.UID]bool
	wrong []string
}

func newOrder() *order {
	return &order{last: map[types.UID]string{}, gone: map[types.UID]bool{}}
}

// handler feeds the events of an informer.
func (o *order) handler() cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { o.added(object.(metav1.Object)) },
		UpdateFunc: func(before, after any) { o.replaced(before.(metav1.Object), after.(metav1.Object)) },
		DeleteFunc: func(object any) {
			if unknown, isUnknown := object.(cache.DeletedFinalStateUnknown); isUnknown {
				object = unknown.Obj
			}
			o.deleted(object.(metav1.Object))
		},
	}
}

// replaced is what caches tell that know objects by name: one that was deleted and made again between two looks is
// another object.
func (o *order) replaced(before, after metav1.Object) {
	if before.GetUID() == after.GetUID() {
		o.changed(after)
		return
	}
	o.deleted(before)
	o.added(after)
}

func (o *order) added(object metav1.Object) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if last, known := o.last[object.GetUID()]; known {
		o.wrong = append(o.wrong, fmt.Sprintf("%s added at %s after %s", object.GetName(), object.GetResourceVersion(), last))
	}
	o.note(object)
}

func (o *order) changed(object metav1.Object) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if _, known := o.last[object.GetUID()]; !known {
		o.wrong = append(o.wrong, fmt.Sprintf("%s changed before it was added", object.GetName()))
	}
	o.note(object)
}

func (o *order) deleted(object metav1.Object) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.note(object)
	o.gone[object.GetUID()] = true
}

func (o *order) note(object metav1.Object) {
	uid, version := object.GetUID(), object.GetResourceVersion()
	if o.gone[uid] {
		o.wrong = append(o.wrong, fmt.Sprintf("%s came back at %s", object.GetName(), version))
	}
	if last, known := o.last[uid]; known {
		if order, err := resourceversion.CompareResourceVersion(version, last); err != nil || order < 0 {
			o.wrong = append(o.wrong, fmt.Sprintf("%s went from %s to %s", object.GetName(), last, version))
		}
	}
	o.last[uid] = version
}

func (o *order) violations() []string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return append([]string(nil), o.wrong...)
}
