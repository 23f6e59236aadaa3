/// Collects the problems of a value while it is walked through, each with its path.
public struct Validation: Sendable {
  private var noted = NotedProblems()
  private let start: String
  /// From the start to where the walk stands: most of it has nothing wrong, and needs no path.
  private var steps: [Step] = []

  private enum Step: Sendable {
    case field(String)
    case index(Int)
    case key(String)
  }

  /// A walk that starts at `path`.
  public init(path: String = "spec") { start = path }

  /// What was found so far, in the order of the walk: the first 100 errors and the first 100 warnings. Where there are
  /// more, the last problem stands where the walk started, and says how many.
  public var problems: [FieldProblem] { noted.problems(at: start) }

  private var path: String {
    steps.reduce(into: start) { path, step in
      switch step {
      case .field(let name): path += path.isEmpty ? name : ".\(name)"
      case .index(let index): path += "[\(index)]"
      case .key(let key): path += "[\"\(key)\"]"
      }
    }
  }

  /// Walks into a field.
  public mutating func at(_ field: String, _ body: (inout Validation) -> Void) {
    descend(.field(field), body)
  }

  /// Walks into an element of the list where the walk stands.
  public mutating func index(_ index: Int, _ body: (inout Validation) -> Void) {
    descend(.index(index), body)
  }

  /// Walks into an entry of the dictionary where the walk stands.
  public mutating func key(_ key: String, _ body: (inout Validation) -> Void) {
    descend(.key(key), body)
  }

  /// Walks into every element of the list in a field.
  public mutating func at<Element>(
    _ field: String, each elements: [Element], _ body: (Element, inout Validation) -> Void
  ) {
    at(field) { check in
      for (position, element) in elements.enumerated() { check.index(position) { body(element, &$0) } }
    }
  }

  /// Notes a problem for which the resource is refused, where the walk stands.
  public mutating func error(
    _ message: @autoclosure () -> String, fr messageFR: @autoclosure () -> String,
    value: @autoclosure () -> String? = nil, accepted: @autoclosure () -> String? = nil
  ) {
    guard noted.counts(.error) else { return }
    noted.list(
      FieldProblem(path: path, message: message(), messageFR: messageFR(), value: value(), accepted: accepted()))
  }

  /// Notes something a person should know, where the walk stands.
  public mutating func warning(
    _ message: @autoclosure () -> String, fr messageFR: @autoclosure () -> String,
    value: @autoclosure () -> String? = nil, accepted: @autoclosure () -> String? = nil
  ) {
    guard noted.counts(.warning) else { return }
    noted.list(
      FieldProblem(
        path: path, message: message(), messageFR: messageFR(), value: value(), accepted: accepted(),
        severity: .warning))
  }

  /// Notes a name that there is not, where the walk stands, with the one of `names` that was probably meant.
  mutating func unknown(
    _ name: String, _ message: @autoclosure () -> String, fr messageFR: @autoclosure () -> String,
    among names: @autoclosure () -> [String], accepted: @autoclosure () -> String?,
    severity: FieldProblem.Severity = .error
  ) {
    guard noted.counts(severity) else { return }
    let nearest = Spelling.nearest(to: name, in: names())
    noted.list(
      FieldProblem(
        path: path, message: message() + (nearest.map { ", did you mean “\($0)”?" } ?? ""),
        messageFR: messageFR() + (nearest.map { ", vouliez-vous dire « \($0) » ?" } ?? ""), value: name,
        accepted: accepted(), severity: severity))
  }

  private mutating func descend(_ step: Step, _ body: (inout Validation) -> Void) {
    steps.append(step)
    body(&self)
    steps.removeLast()
  }
}
