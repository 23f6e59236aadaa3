internal import Model

/// One field that is not as wanted.
public struct FieldDifference: Sendable, Hashable {
  /// Dotted path from the object's root (`spec.hard.requests.cpu`).
  public var path: String
  /// What is there; nil where nothing is.
  public var live: ObjectTree?
  /// What is wanted.
  public var wanted: ObjectTree

  /// A difference.
  public init(path: String, live: ObjectTree?, wanted: ObjectTree) {
    self.path = path
    self.live = live
    self.wanted = wanted
  }
}

extension ObjectTree {
  /// The fields of this tree that `live` does not have as wanted, by path. What `live` has besides is not ours and does not
  /// count, except inside arrays, which Kubernetes replaces whole. Quantities compare by value (`1` is `1000m`).
  public func differences(from live: ObjectTree?) -> [FieldDifference] {
    var found: [FieldDifference] = []
    collectDifferences(from: live, path: "", into: &found)
    return found
  }

  private func collectDifferences(from live: ObjectTree?, path: String, into found: inout [FieldDifference]) {
    switch (self, live) {
    case (.object(let wanted), .object(let there)):
      for key in wanted.keys.sorted() {
        wanted[key]?.collectDifferences(
          from: there[key], path: path.isEmpty ? key : "\(path).\(key)", into: &found)
      }
    case (.object(let wanted), nil) where wanted.isEmpty && !path.isEmpty:
      // The API server drops an empty selector or list that it defaults itself.
      return
    default:
      if !isSame(as: live) { found.append(FieldDifference(path: path, live: live, wanted: self)) }
    }
  }

  private func isSame(as live: ObjectTree?) -> Bool {
    guard let live else { return false }
    if self == live { return true }
    switch (self, live) {
    case (.array(let wanted), .array(let there)):
      return wanted.count == there.count && zip(wanted, there).allSatisfy { $0.differences(from: $1).isEmpty }
    case (.string, .string), (.string, .number), (.number, .string):
      guard let wanted = Quantity(description), let there = Quantity(live.description) else { return false }
      return wanted == there
    default:
      return false
    }
  }
}
