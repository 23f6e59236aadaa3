extension KubernetesClient {
  /// Makes a namespace where there is none yet.
  ///
  /// One that an operator made beforehand serves as well, also where the caller may make none: what is then written
  /// into it says whether it is there.
  public func ensureNamespace(_ name: String) async throws {
    do {
      try await create(Namespace(metadata: ObjectMeta(name: name)))
    } catch let error as KubernetesError where error.kind == .alreadyExists || error.kind == .forbidden {
      return
    }
  }
}
