public import Model

/// Two texts that go back to the same third one, brought together part by part: rules and classes by their names.
public struct PolicyMerge: Sendable, Hashable {
  /// The text with both changes; where both have changed a part, ours.
  public private(set) var merged: PolicySpec
  /// The parts that both have changed, and not alike.
  public private(set) var conflicts: [MergeConflict] = []

  /// Brings `ours` and `theirs` together, which both come from `base`.
  public init(base: PolicySpec, ours: PolicySpec, theirs: PolicySpec) {
    merged = ours
    merged.title = value("title", base.title, ours.title, theirs.title)
    merged.dataClasses = list("dataClasses", base.dataClasses, ours.dataClasses, theirs.dataClasses) { $0.name }
    merged.rules = list("rules", base.rules, ours.rules, theirs.rules) { $0.id }
    merged.capacity = list("capacity", base.capacity, ours.capacity, theirs.capacity, isOrdered: true) { $0.id }
    merged.limits = list("limits", base.limits, ours.limits, theirs.limits) { $0.subject.inWords }
    merged.scoring = value("scoring", base.scoring, ours.scoring, theirs.scoring)
    merged.governance = value("governance", base.governance, ours.governance, theirs.governance)
    merged.flowDelayDays = value("flowDelayDays", base.flowDelayDays, ours.flowDelayDays, theirs.flowDelayDays)
    merged.heartbeatLimitSeconds = value(
      "heartbeatLimitSeconds", base.heartbeatLimitSeconds, ours.heartbeatLimitSeconds, theirs.heartbeatLimitSeconds)
    merged.capacityMaxAgeSeconds = value(
      "capacityMaxAgeSeconds", base.capacityMaxAgeSeconds, ours.capacityMaxAgeSeconds, theirs.capacityMaxAgeSeconds)
    merged.complianceDays = value(
      "complianceDays", base.complianceDays, ours.complianceDays, theirs.complianceDays)
    merged.derogationNoticeDays = value(
      "derogationNoticeDays", base.derogationNoticeDays, ours.derogationNoticeDays, theirs.derogationNoticeDays)
  }

  private mutating func value<Value: Hashable>(
    _ path: String, _ base: Value, _ ours: Value, _ theirs: Value
  ) -> Value {
    if ours == base { return theirs }
    if theirs != base, theirs != ours { conflicts.append(MergeConflict(path: "spec.\(path)", kind: .bothChanged)) }
    return ours
  }

  private mutating func list<Part: Hashable>(
    _ path: String, _ base: [Part], _ ours: [Part], _ theirs: [Part], isOrdered: Bool = false,
    name: (Part) -> String
  ) -> [Part] {
    let (base, ours, theirs) = (NamedParts(base, name), NamedParts(ours, name), NamedParts(theirs, name))
    var parts: [String: Part] = [:]
    let added = ours.names.filter { base.parts[$0] == nil }
    let addedThere = theirs.names.filter { base.parts[$0] == nil && ours.parts[$0] == nil }
    for name in base.names + added + addedThere {
      let (before, mine, other) = (base.parts[name], ours.parts[name], theirs.parts[name])
      parts[name] = mine == before ? other : mine
      guard mine != before, other != before, mine != other else { continue }
      let kind: MergeConflict.Kind =
        before == nil ? .bothAdded : mine == nil ? .removedByOurs : other == nil ? .removedByTheirs : .bothChanged
      conflicts.append(MergeConflict(path: "spec.\(path)[\(name)]", kind: kind))
    }
    let common = { (names: [String]) in names.filter { base.parts[$0] != nil && parts[$0] != nil } }
    let (start, mine, other) = (common(base.names), common(ours.names), common(theirs.names))
    let isOursMoved = mine.filter(start.contains) != start.filter(mine.contains)
    let isTheirsMoved = other.filter(start.contains) != start.filter(other.contains)
    if isOrdered, isOursMoved, isTheirsMoved, mine != other {
      conflicts.append(MergeConflict(path: "spec.\(path)", kind: .bothMoved))
    }
    let order = isOursMoved ? ours.order(with: theirs) : theirs.order(with: ours)
    return order.compactMap { parts[$0] }
  }
}

/// Parts of a list by name; of those that bear the same name the second has a number, and so on.
private struct NamedParts<Part: Hashable> {
  private(set) var names: [String] = []
  private(set) var parts: [String: Part] = [:]

  init(_ list: [Part], _ name: (Part) -> String) {
    var counts: [String: Int] = [:]
    for part in list {
      let plain = name(part)
      counts[plain, default: 0] += 1
      let full = counts[plain] == 1 ? plain : "\(plain)#\(counts[plain] ?? 1)"
      names.append(full)
      parts[full] = part
    }
  }

  /// The names of this list in its order, with each name that only the other has behind the one it stands behind there.
  func order(with other: Self) -> [String] {
    var order = names
    var before: String?
    for name in other.names {
      if parts[name] == nil {
        let place = before.flatMap { order.firstIndex(of: $0) }.map { $0 + 1 } ?? order.startIndex
        order.insert(name, at: place)
      }
      before = name
    }
    return order
  }
}

extension LabelSelector {
  /// The selector on one line, the same however it was written.
  var inWords: String {
    let labels = matchLabels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let expressions = matchExpressions.map {
      "\($0.key) \($0.operator.rawValue) \($0.values.joined(separator: " "))"
    }
    return (labels + expressions.sorted()).joined(separator: ", ")
  }
}
