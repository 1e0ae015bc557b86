package clientgo

import (
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/client-go/features"

	"hawsepipe.dev/test/conformance/clients/checks"
)

// with is the gates of before, but for one.
type with struct {
	before  features.Gates
	feature features.Feature
	enabled bool
}

func (w with) Enabled(feature features.Feature) bool {
	if feature == w.feature {
		return w.enabled
	}
	return w.before.Enabled(feature)
}

// setFeature sets a feature of client-go until the check ends.
func setFeature(t *checks.T, feature features.Feature, enabled bool) {
	before := features.FeatureGates()
	features.ReplaceFeatureGates(with{before, feature, enabled})
	t.Cleanup(func() { features.ReplaceFeatureGates(before) })
}

// newer compares resource versions as client-go does: positive when the first one is newer.
func newer(t *checks.T, a, b string) int {
	order, err := resourceversion.CompareResourceVersion(a, b)
	t.Must(err, "compare resource versions")
	return order
}
