import Model

/// What must be so for a resource to be written.
public enum WriteCondition: Sendable, Hashable {
  /// Nothing: it is created or replaced.
  case always
  /// It exists.
  case present
  /// It does not exist: it is created, and nothing is replaced.
  case absent
  /// It exists, and its `resourceVersion` is one of these.
  case version(Set<String>)

  /// Whether a write that has succeeded already may be asked for again, as one whose answer was lost is (RFC 9110,
  /// 13.1.1). Who wants to create must learn that another was faster.
  var allowsRepetition: Bool {
    if case .version = self { true } else { false }
  }

  /// This, or else the version that the document carries: as in Kubernetes, it is then meant to replace that one.
  func or(carriedBy resource: AnyResource) -> WriteCondition {
    guard self == .always, let version = resource.metadata.resourceVersion else { return self }
    return .version([version])
  }

  /// - Parameter present: the `resourceVersion` of what is stored; nil where nothing is.
  /// - Throws: ``StoreError`` of kind `versionMismatch` where the condition does not hold.
  func check(against present: String?) throws(StoreError) {
    switch (self, present) {
    case (.always, _), (.present, .some), (.absent, nil): return
    case (.version(let wanted), let present?) where wanted.contains(present): return
    case (.absent, let present?): throw .exists(present)
    case (.present, nil), (.version, _): throw .versionMismatch(present: present)
    }
  }
}

extension StoreError {
  fileprivate static func exists(_ present: String) -> StoreError {
    StoreError(
      .versionMismatch, path: "metadata.name", "the resource exists already, at version \(present)",
      fr: "la ressource existe déjà, à la version \(present)", accepted: "another name, or If-Match to replace it")
  }

  fileprivate static func versionMismatch(present: String?) -> StoreError {
    guard let present else {
      return StoreError(
        .versionMismatch, path: "metadata.resourceVersion", "the resource does not exist",
        fr: "la ressource n’existe pas", accepted: "no version, to create it")
    }
    return StoreError(
      .versionMismatch, path: "metadata.resourceVersion", "the resource has changed since it was read",
      fr: "la ressource a changé depuis sa lecture", accepted: "the present version, \(present)")
  }
}
