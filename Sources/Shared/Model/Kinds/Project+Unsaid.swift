extension ProjectSpec {
  /// A part of a project that who writes of it may leave unsaid: a form that has no words for it, or leaves it out.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    case labels
    case annotations
    case displayName
    case typology
    case services
    case interconnections
    case residency
    case preferences
    case tolerations
    case spread
    case colocation
    /// The identifiers of the project and its environments in the console, as far as they are not given.
    case identifiers
    /// Of each environment its copies, what they are kept apart by, its storage and its pods, as far as they are not given.
    case environmentDetails
  }
}

extension Resource where Spec == ProjectSpec {
  /// This, with the parts that are left unsaid as they are stored: what nobody spoke of does not change. Rules go by labels,
  /// and who can not say them must not take them away.
  ///
  /// - Parameters:
  ///   - unsaid: what this does not say, whatever stands there.
  ///   - stored: what there is; nil where there is nothing yet.
  public func saying(allBut unsaid: Set<ProjectSpec.Part>, over stored: Resource<ProjectSpec>?) -> Self {
    guard let stored else { return self }
    var whole = self
    for part in unsaid { whole.take(part, of: stored) }
    return whole
  }

  private mutating func take(_ part: ProjectSpec.Part, of stored: Resource<ProjectSpec>) {
    switch part {
    case .labels: metadata.labels = stored.metadata.labels
    case .annotations: metadata.annotations = stored.metadata.annotations
    case .displayName: spec.displayName = stored.spec.displayName
    case .typology: spec.typology = stored.spec.typology
    case .services: spec.services = stored.spec.services
    case .interconnections: spec.interconnections = stored.spec.interconnections
    case .residency: spec.residency = stored.spec.residency
    case .preferences: spec.preferences = stored.spec.preferences
    case .tolerations: spec.tolerations = stored.spec.tolerations
    case .spread: spec.spread = stored.spec.spread
    case .colocation: spec.colocation = stored.spec.colocation
    case .identifiers: takeIdentifiers(of: stored)
    case .environmentDetails: takeEnvironmentDetails(of: stored)
    }
  }

  private mutating func takeIdentifiers(of stored: Resource<ProjectSpec>) {
    spec.consoleID = spec.consoleID ?? stored.spec.consoleID
    takeByEnvironment(of: stored) { $0.consoleID = $0.consoleID ?? $1.consoleID }
  }

  private mutating func takeEnvironmentDetails(of stored: Resource<ProjectSpec>) {
    takeByEnvironment(of: stored) { environment, known in
      environment.replicas = environment.replicas ?? known.replicas
      environment.distinct = environment.distinct ?? known.distinct
      for resource in [CountedResource.storage, .pods] {
        environment.quota[resource] = environment.quota[resource] ?? known.quota[resource]
      }
    }
  }

  /// Environments are those that are said; what is stored of one is known by its name.
  private mutating func takeByEnvironment(
    of stored: Resource<ProjectSpec>, _ fill: (inout ProjectSpec.Environment, ProjectSpec.Environment) -> Void
  ) {
    for index in spec.environments.indices {
      let name = spec.environments[index].name
      guard let known = stored.spec.environments.first(where: { $0.name == name }) else { continue }
      fill(&spec.environments[index], known)
    }
  }
}
