import Model

/// An attribute of projects, found by its name once: reading it makes no table of all the others.
enum ProjectAttribute: Sendable, Hashable {
  case name
  case organisation
  case audience
  case typology
  case dataClass
  case service
  case interconnection
  case label(String)

  /// Those that every project may have, labels apart.
  static let all: [Self] = [.name, .organisation, .audience, .typology, .dataClass, .service, .interconnection]

  private static let labels = "project.label/"

  /// The attribute of a name; nil if projects have none of that name.
  init?(_ key: String) {
    if key.hasPrefix(Self.labels) {
      self = .label(String(key.dropFirst(Self.labels.count)))
    } else if let attribute = Self.all.first(where: { $0.key == key }) {
      self = attribute
    } else {
      return nil
    }
  }

  /// What selectors call it.
  var key: String {
    switch self {
    case .name: "project.name"
    case .organisation: "project.organisation"
    case .audience: "project.audience"
    case .typology: "project.typology"
    case .dataClass: "project.dataClass"
    case .service: "project.service"
    case .interconnection: "project.interconnection"
    case .label(let name): Self.labels + name
    }
  }

  /// Its values, as the project declares them; nil where nobody did. What its classes inherit from the policy says.
  func values(of project: Resource<ProjectSpec>) -> [String]? {
    switch self {
    case .name: [project.name]
    case .organisation: [project.spec.organisation]
    case .audience: [project.spec.audience.rawValue]
    case .typology: project.spec.typology.map { [$0] }
    case .dataClass: project.spec.dataClasses
    case .service: project.spec.services.map(\.name)
    case .interconnection: project.spec.interconnections
    case .label(let name): project.metadata.labels[name].map { [$0] }
    }
  }
}
