public import Events
public import Foundation

/// What the zone's Git repository is to show of a placement (mode `gitops`).
public struct CommitOrder: Sendable, Hashable {
  /// Comes back with what became of it.
  public var attempt: Int
  /// The state.
  public var state: DesiredState
  /// Its objects, in the order of application.
  public var objects: [ManagedObject]
  /// In the phases `frozen` and `draining`, how many pods were counted, once they were.
  public var podsInUse: Int64?
  /// For `removed`: whether the namespace may leave the repository too.
  public var mayRemoveNamespace: Bool
  /// For `removed`: whether it may leave now, once the delay between the two commits is over.
  public var mayFinish: Bool

  /// An order.
  public init(
    attempt: Int, state: DesiredState, objects: [ManagedObject], podsInUse: Int64? = nil, mayRemoveNamespace: Bool,
    mayFinish: Bool
  ) {
    self.attempt = attempt
    self.state = state
    self.objects = objects
    self.podsInUse = podsInUse
    self.mayRemoveNamespace = mayRemoveNamespace
    self.mayFinish = mayFinish
  }

  /// The placement.
  public var placement: UUID { state.placement }
}

/// Where the repository is with an order.
public enum CommitStanding: Sendable, Hashable {
  /// Not looked at yet, or on its way.
  case pending
  /// The branch shows it; the commit is the one at which that was first seen.
  case written(commit: String)
  /// To be removed; nothing is touched yet.
  case waiting
  /// To be removed; only the namespace and its quota are left, and go at this moment.
  case emptied(until: Timestamp)
  /// To be removed; all of it stays, since the namespace may not go.
  case held
  /// Nothing of it is in the repository.
  case removed
  /// Not done, and why: one CamelCase word and a sentence.
  case failed(reason: String, message: String)
}

/// Why the repository can not be written as a whole.
public struct RepositoryFault: Sendable, Hashable {
  /// One CamelCase word.
  public var reason: String
  /// A sentence.
  public var message: String

  /// A fault.
  public init(reason: String, message: String) {
    self.reason = reason
    self.message = message
  }
}

/// A look whether a namespace holds volumes, which would go with it.
public struct VolumeLook: Sendable, Hashable {
  /// The placement.
  public var placement: UUID
  /// Comes back with what was seen.
  public var attempt: Int
  /// The namespace.
  public var namespace: String

  /// A look.
  public init(placement: UUID, attempt: Int, namespace: String) {
    self.placement = placement
    self.attempt = attempt
    self.namespace = namespace
  }
}

/// What was seen of a namespace's volumes.
public enum VolumeSighting: Sendable, Hashable {
  /// Not looked yet.
  case unknown
  /// There are none.
  case none
  /// There are some, or it could not be told.
  case held(ApplyFailure)
}
