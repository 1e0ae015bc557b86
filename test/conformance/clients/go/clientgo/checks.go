package clientgo

import (
	"slices"

	"hawsepipe.dev/test/conformance/clients/checks"
)

// Checks answers all checks of client-go.
func Checks() []checks.Check {
	return slices.Concat(
		typedChecks(), dynamicChecks(), metadataChecks(), informerChecks(), retryWatchChecks(), pagerChecks(), applyChecks(),
		leaderChecks(), discoveryChecks(), scaleChecks(), eventChecks(),
	)
}
