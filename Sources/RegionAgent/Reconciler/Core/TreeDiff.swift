internal import Model

/// One field that is not as wanted.
public struct FieldDifference: Sendable, Hashable {
  /// Dotted path from the object's root (`spec.hard.requests.cpu`).
  public var path: String
  /// What is there; nil where nothing is.
  public var live: ObjectTree?
  /// What is wanted; null where nothing is.
  public var wanted: ObjectTree

  /// A difference.
  public init(path: String, live: ObjectTree?, wanted: ObjectTree) {
    self.path = path
    self.live = live
    self.wanted = wanted
  }
}

/// How texts and numbers are compared.
public enum ScalarRule: Sendable {
  /// Quantities by value, as the API server rewrites them (`1000m` is `1`).
  case quantities
  /// Letter by letter.
  case exact
}

extension ObjectTree {
  /// The fields of this tree that `live` does not have as wanted, by path.
  ///
  /// What `live` has besides is not ours and does not count, except in arrays and in objects that are wanted empty:
  /// Kubernetes replaces those whole, and one member more in them opens what we meant to close. Where something empty is
  /// wanted, nothing at all is the same, since the API server drops it.
  public func differences(from live: ObjectTree?, comparing rule: ScalarRule = .quantities) -> [FieldDifference] {
    var found: [FieldDifference] = []
    collectDifferences(from: live, rule, path: "", into: &found)
    return found
  }

  private func collectDifferences(
    from live: ObjectTree?, _ rule: ScalarRule, path: String, into found: inout [FieldDifference]
  ) {
    if case .object(let wanted) = self, case .object(let there) = live, !wanted.isEmpty {
      for key in wanted.keys.sorted() {
        wanted[key]?.collectDifferences(
          from: there[key], rule, path: path.isEmpty ? key : "\(path).\(key)", into: &found)
      }
    } else if !isSame(as: live ?? .null, rule) {
      found.append(FieldDifference(path: path, live: live, wanted: self))
    }
  }

  /// Sameness of a value that is ours as a whole.
  ///
  /// - Parameter isInArray: whether it is, or is in, an element of an array. There an empty object that is a member says
  ///   something by being there: an empty selector selects everything, and one that is missing nothing.
  private func isSame(as live: ObjectTree, _ rule: ScalarRule, isInArray: Bool = false) -> Bool {
    if self == live { return true }
    if isInArray ? isNothing && live.isNothing : isHollow && live.isHollow { return true }
    switch (self, live) {
    case (.object(let wanted), .object(let there)):
      return Set(wanted.keys).union(there.keys).allSatisfy {
        (wanted[$0] ?? .null).isSame(as: there[$0] ?? .null, rule, isInArray: isInArray)
      }
    case (.array(let wanted), .array(let there)):
      return wanted.count == there.count && zip(wanted, there).allSatisfy { $0.isSame(as: $1, rule, isInArray: true) }
    case (.string, .string), (.string, .number), (.number, .string):
      guard rule == .quantities, let wanted = Quantity(description), let there = Quantity(live.description) else {
        return false
      }
      return wanted == there
    default:
      return false
    }
  }

  /// Null, or an array without elements.
  private var isNothing: Bool { self == .null || self == .array([]) }

  /// Null, or an object or array without anything in it.
  var isHollow: Bool {
    switch self {
    case .null: true
    case .array(let elements): elements.isEmpty
    case .object(let members): members.values.allSatisfy(\.isHollow)
    case .bool, .number, .string: false
    }
  }
}
