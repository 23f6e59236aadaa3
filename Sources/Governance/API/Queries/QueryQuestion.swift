import Contract
import Model
import NIOCore

/// What a client asks about a project: the body of a query or a validation, understood and checked by itself.
struct QueryQuestion: Sendable {
  /// Which project.
  enum Subject: Sendable {
    /// One that was applied before.
    case stored(String)
    /// One that comes along; what it leaves unsaid is as it is stored.
    case inline(Resource<ProjectSpec>, unsaid: Set<ProjectSpec.Part> = [])
  }

  /// What is asked.
  enum Purpose: Sendable {
    /// Where the project would go.
    case query
    /// Whether it may go where the body says.
    case validation
    /// That it goes there, or nowhere.
    case placement
  }

  var subject: Subject
  var at: CalendarDay?
  var policy: PolicySpec?
  var offer: OfferChanges?
  var choices: [String: [String]]

  /// What is supposed to be otherwise.
  var supposed: [QueryBasis.Supposition] {
    [at.map { _ in .at }, policy.map { _ in .policy }, offer.map { _ in .offer }].compactMap(\.self)
  }
}

extension QueryQuestion {
  /// Reads a body: an object whose `project` is a stored project's name, a Project resource or the console's form; for
  /// a query also a bare Project resource.
  ///
  /// - Throws: `DocumentErrors` for what can not be understood; ``Problem`` 422 for what is wrong by itself.
  init(_ text: String, isJSON: Bool, for purpose: Purpose, language: Language) throws {
    let document = try isJSON ? DocumentText(json: text) : DocumentText(text)
    if purpose == .query, case .object(let names)? = document.form(), names.contains("kind") {
      self = try Self.bare(try document.resource(), language)
      return
    }
    switch document.form(of: "project") {
    case .text?:
      self = try Self.read(document, purpose, language) { (name: String) in (.stored(name), []) }
    case .object(let names)? where names.contains("kind") || names.contains("apiVersion"):
      self = try Self.read(document, purpose, language) { (project: Resource<ProjectSpec>) in
        (.inline(project), project.problems)
      }
    case .object?, .other?:
      self = try Self.read(document, purpose, language) { (project: ConsoleProject) in
        (.inline(project.resource, unsaid: project.unsaid), project.problems)
      }
    case nil:
      let accepted = "project: name, Project or console project" + (purpose == .query ? "; or a Project" : "")
      throw Problem.malformed(
        [
          FieldProblem(
            path: "project", message: "required field is missing", messageFR: "champ obligatoire absent",
            accepted: accepted)
        ], language)
    }
  }

  /// Reads the body of a query that brings a project along, and is plain JSON with nothing wrong with it, as most are;
  /// nil for any other, which is to be read as a text.
  init?(plain body: ByteBuffer) {
    let project = body.withUnsafeReadableBytes { bytes in
      bytes.withMemoryRebound(to: UInt8.self) { PlainProject.read($0) }
    }
    guard let project else { return nil }
    self.init(subject: .inline(project), at: nil, policy: nil, offer: nil, choices: [:])
  }

  private static func bare(_ document: ResourceDocument, _ language: Language) throws -> QueryQuestion {
    guard case .project(let project) = document.resource else {
      let problem = FieldProblem(
        path: "kind", message: "another kind was expected", messageFR: "un autre type de ressource est attendu",
        value: document.resource.kind.rawValue, accepted: Kind.project.rawValue)
      throw Problem.malformed([problem], language)
    }
    try refuse(document.problems, language)
    return QueryQuestion(subject: .inline(project), at: nil, policy: nil, offer: nil, choices: [:])
  }

  private static func read<Form: Codable & Sendable & Hashable>(
    _ document: DocumentText, _ purpose: Purpose, _ language: Language,
    _ subject: (Form) -> (subject: Subject, problems: [FieldProblem])
  ) throws -> QueryQuestion {
    let body: QueryBody<Form> = try document.decode()
    let (subject, projectProblems) = subject(body.project)
    var problems = projectProblems.map { $0.below("project") }
    problems += body.policy?.problems.map { $0.below("policy") } ?? []
    problems += body.offer?.problems.map { $0.below("offer") } ?? []
    problems += choiceProblems(body.choices, purpose)
    if purpose == .placement {
      let supposed = [body.at.map { _ in "at" }, body.policy.map { _ in "policy" }, body.offer.map { _ in "offer" }]
      problems += supposed.compactMap(\.self).map { name in
        FieldProblem(
          path: name, message: "nothing is supposed of what is really placed",
          messageFR: "rien n’est supposé de ce qui est vraiment placé")
      }
    }
    try refuse(document.located(problems), language)
    return QueryQuestion(
      subject: subject, at: body.at, policy: body.policy?.spec, offer: body.offer, choices: body.choices ?? [:])
  }

  /// A query ranks all clusters; a validation judges those that are named, and a placement takes them.
  private static func choiceProblems(_ choices: [String: [String]]?, _ purpose: Purpose) -> [FieldProblem] {
    switch (purpose, choices) {
    case (.query, _?):
      [
        FieldProblem(
          path: "choices", message: "goes with placements:validate, placements and reservations only",
          messageFR: "ne vaut que pour placements:validate, placements et reservations")
      ]
    case (.validation, nil), (.placement, nil):
      [
        FieldProblem(
          path: "choices", message: "required field is missing", messageFR: "champ obligatoire absent",
          accepted: "{environment: [cluster, …]}")
      ]
    case (.query, nil), (.validation, _?), (.placement, _?): []
    }
  }

  private static func refuse(_ problems: [FieldProblem], _ language: Language) throws {
    let errors = problems.filter { $0.severity == .error }
    guard errors.isEmpty else { throw Problem.invalid(errors, language) }
  }
}

extension OfferChanges {
  /// The kinds that an offer is made of.
  static let kinds: [Kind] = [.operator, .chain, .region, .zone, .cluster]

  /// What is wrong with the changes by themselves.
  var problems: [FieldProblem] {
    let applied = (apply ?? []).enumerated().flatMap { index, resource in
      let problems = Self.kinds.contains(resource.kind) ? resource.problems : [Self.wrongKind(resource.kind)]
      return problems.map { $0.below("apply[\(index)]") }
    }
    let removed = (remove ?? []).enumerated().filter { !Self.kinds.contains($0.element.kind) }
      .map { Self.wrongKind($0.element.kind).below("remove[\($0.offset)]") }
    let states = (states ?? []).enumerated().filter { ![.region, .cluster].contains($0.element.kind) }
      .map { Self.wrongKind($0.element.kind, accepted: [.region, .cluster]).below("states[\($0.offset)]") }
    let capacities = (capacities ?? []).enumerated().flatMap { index, change in
      change.problems.map { $0.below("capacities[\(index)].capacity") }
    }
    return applied + removed + states + capacities
  }

  private static func wrongKind(_ kind: Kind, accepted: [Kind] = kinds) -> FieldProblem {
    FieldProblem(
      path: "kind", message: "not a kind that can be changed here",
      messageFR: "ce type de ressource ne se change pas ici", value: kind.rawValue,
      accepted: accepted.map(\.rawValue).joined(separator: ", "))
  }
}

extension OfferChanges.CapacityChange {
  /// What is wrong with the amounts. A cluster's own check says so; what is left out here is left as it is there.
  fileprivate var problems: [FieldProblem] {
    var capacity = capacity
    for resource in [CountedResource.cpu, .memory] where capacity[resource] == nil { capacity[resource] = Quantity(1) }
    let cluster = ClusterSpec(zone: "zone", dataCenters: ["dc"], stages: [Stage.wellKnown[0]], capacity: capacity)
    let place = "spec.capacity."
    return Resource("cluster", cluster).problems.filter { $0.path.hasPrefix(place) }.map { problem in
      var problem = problem
      problem.path.removeFirst(place.count)
      return problem
    }
  }
}

extension FieldProblem {
  /// The same problem of a value that stands in a field.
  func below(_ field: String) -> FieldProblem {
    var problem = self
    problem.path = path.isEmpty ? field : "\(field).\(path)"
    return problem
  }
}
