import Kubernetes

extension ProbeAnswer {
  /// The codes by which admission refuses a pod: plug-ins with 403, policies with 422 where they name no other reason, webhooks
  /// with 400 or 403.
  private static let refusals: Set<Int> = [400, 403, 422]

  /// What a failed call says about a rule. Only an API server can refuse a pod, and it says so in its own words. A page of what
  /// stands before it says nothing about the pod, and nor do codes that speak of the caller, of the name, of the pace or of
  /// the request.
  init(_ error: KubernetesError) {
    let isRefusal = error.status?.kind == "Status" && error.code.map { Self.refusals.contains($0) } ?? false
    self = isRefusal ? .refused(error.message) : .none(error.description)
  }
}
