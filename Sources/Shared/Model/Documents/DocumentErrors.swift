/// Why a text could not be read as resources: everything that was found, in the order of the text.
public struct DocumentErrors: Error, Sendable, Hashable {
  /// At least one.
  public var problems: [FieldProblem]

  /// The problems found.
  public init(_ problems: [FieldProblem]) { self.problems = problems }

  init(
    _ message: String, fr messageFR: String, path: String = "", value: String? = nil, accepted: String? = nil,
    position: SourcePosition? = nil
  ) {
    self.init([
      FieldProblem(
        path: path, message: message, messageFR: messageFR, value: value, accepted: accepted, position: position)
    ])
  }
}

extension DocumentErrors: CustomStringConvertible {
  /// One line for each problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
