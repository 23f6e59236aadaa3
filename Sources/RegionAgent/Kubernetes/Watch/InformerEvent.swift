/// What an informer tells about its kind of object.
public enum InformerEvent<Value: Decodable & Sendable>: Sendable {
  /// All there is at this version, first of all and after each new list. Objects that have vanished meanwhile came as
  /// `deleted` before, as they were last seen: what no watch ever showed has no such end.
  case synced([Observed<Value>], resourceVersion: String)
  /// An object was made or changed.
  case applied(Observed<Value>)
  /// An object is gone; its last known state.
  case deleted(Observed<Value>)
  /// The server cannot be reached, or refuses; the informer goes on trying, and what it knew stays. Told again where it fails
  /// in another way.
  case interrupted(KubernetesError)
  /// The server is there again.
  case resumed
}

extension InformerEvent: Equatable where Value: Equatable {
  /// Compares events; interruptions by their kind.
  public static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.synced(let left, let leftVersion), .synced(let right, let rightVersion)):
      left == right && leftVersion == rightVersion
    case (.applied(let left), .applied(let right)), (.deleted(let left), .deleted(let right)): left == right
    case (.interrupted(let left), .interrupted(let right)): left.kind == right.kind
    case (.resumed, .resumed): true
    default: false
    }
  }
}
