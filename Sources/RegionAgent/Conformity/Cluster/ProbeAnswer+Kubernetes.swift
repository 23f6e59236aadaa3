import Kubernetes

extension ProbeAnswer {
  /// What a failed call says about a rule. Admission plug-ins and webhooks refuse with any code of the 400s; those that
  /// speak of the caller, of the name or of the pace say nothing about the pod.
  init(_ error: KubernetesError) {
    switch error.kind {
    case .forbidden, .unprocessable, .badRequest: self = .refused(error.message)
    case .notFound, .conflict, .alreadyExists, .unauthorized, .gone, .tooManyRequests, .server, .connection, .tls,
      .timeout, .decoding:
      self = .none(error.description)
    }
  }
}
