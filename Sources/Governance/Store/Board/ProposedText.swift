import Model
import Policy

/// A text that is to be proposed, beside those that it goes on from or brings back. What is wrong with one of these, at the
/// same place, was taken by the rules of its day: it keeps nobody from restricting what is in force, or from going back.
struct ProposedText: Sendable {
  /// The policy's.
  let name: String
  let spec: PolicySpec
  /// The texts of versions that there are.
  let taken: [PolicySpec]

  /// What the fields have wrong.
  var problems: [FieldProblem] {
    fresh { Resource(name, $0).problems.filter { $0.severity == .error } }
  }

  /// What the text has wrong as a whole.
  var findings: [Finding] {
    fresh { PolicyValidator.findings(in: $0).filter { $0.severity == .error } }
  }

  /// What is wrong with a part that no taken text has at that place: of a long list only its length is looked at, and of
  /// another one with as many values nobody has looked at these.
  private func fresh<Fault: PlacedFault>(_ errors: (PolicySpec) -> [Fault]) -> [Fault] {
    let found = errors(spec)
    guard !found.isEmpty else { return [] }
    let known = taken.map { ($0, Set(errors($0))) }
    return found.filter { fault in
      !known.contains { text, faults in faults.contains(fault) && Self.isSame(at: fault.path, in: spec, text) }
    }
  }

  /// Whether two texts have the same class, rule, capacity rule or limit at a path's place. No other place is one of a part.
  private static func isSame(at path: String, in one: PolicySpec, _ other: PolicySpec) -> Bool {
    guard let place = path.firstMatch(of: /^spec\.(dataClasses|rules|capacity|limits)\[([0-9]+)\]/),
      let index = Int(place.2)
    else { return false }
    func isSame<Part: Equatable>(_ parts: KeyPath<PolicySpec, [Part]>) -> Bool {
      let (here, there) = (one[keyPath: parts], other[keyPath: parts])
      return here.indices.contains(index) && there.indices.contains(index) && here[index] == there[index]
    }
    return switch place.1 {
    case "dataClasses": isSame(\.dataClasses)
    case "rules": isSame(\.rules)
    case "capacity": isSame(\.capacity)
    default: isSame(\.limits)
    }
  }
}

/// A fault that names its place in the document.
private protocol PlacedFault: Hashable {
  var path: String { get }
}

extension FieldProblem: PlacedFault {}
extension Finding: PlacedFault {}
