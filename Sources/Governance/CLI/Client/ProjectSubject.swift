import ArgumentParser
import Contract
import Foundation
import Model

/// Which project a command is about: one that the service knows, or one of a file.
struct ProjectSubject: ParsableArguments {
  @Argument(
    help: "Nom du projet ; avec -f, lequel du fichier. / The project's name; with -f, which one of the file.")
  var project: String?

  @Option(
    name: [.customShort("f"), .customLong("filename")],
    help: "Fichier du projet, ou - pour l'entrée standard. / The project's file, or -.")
  var file: String?

  func validate() throws {
    guard project != nil || file != nil else {
      throw ValidationError("un nom de projet ou -f FICHIER est attendu / a project's name or -f FILE is wanted")
    }
  }

  /// What was read.
  enum Read: Sendable {
    /// A project that the service knows.
    case named(String)
    /// A project of a file.
    case project(Resource<ProjectSpec>)
    /// A whole body of the API, in the console's form or another.
    case body(String)
  }

  /// Reads the file, if there is one.
  ///
  /// - Throws: ``ClientError`` for what the file holds; `ValidationError` where it can not be read, or does not hold the
  ///   one project that is meant.
  func read() throws -> Read {
    guard let file else { return .named(project ?? "") }
    let data = try ResourceFiles.data(of: file)
    guard let text = String(validating: data, as: UTF8.self) else {
      throw ValidationError("\(file) : n'est pas du texte UTF-8 / is no UTF-8 text")
    }
    if let document = try? DocumentText(text), case .object(let names)? = document.form(), names.contains("project") {
      guard project == nil else {
        throw ValidationError("\(file) dit lui-même de quel projet il s'agit / says itself which project is meant")
      }
      return .body(text)
    }
    let projects = try ResourceFiles.read([file]).compactMap { resource -> Resource<ProjectSpec>? in
      if case .project(let found) = resource { found } else { nil }
    }
    let meant = projects.filter { project == nil || $0.name == project }
    guard meant.count == 1, let found = meant.first else {
      let names = projects.map(\.name).joined(separator: ", ")
      throw ValidationError(
        "\(file) : un projet est attendu, il y a : \(names.isEmpty ? "aucun / none" : names) / one project is wanted")
    }
    return .project(found)
  }
}

extension ProjectSubject.Read {
  /// The body of a decision or a reservation.
  func wishBody() throws -> Data {
    switch self {
    case .named(let name): return try JSONEncoder().encode(["project": name])
    case .project(let project): return try ModelJSON.encoder.encode(AnyResource.project(project))
    case .body:
      throw ValidationError("un Project est attendu ici / a Project is wanted here: apiVersion, kind, metadata, spec")
    }
  }

  /// The body of a query or a validation, with what is supposed.
  func questionBody(
    at: CalendarDay? = nil, policy: Resource<PolicySpec>? = nil, offer: OfferChanges? = nil,
    choices: [String: [String]]? = nil
  ) throws -> Data {
    switch self {
    case .named(let name):
      return try ModelJSON.encoder.encode(
        QueryBody(project: name, at: at, policy: policy, offer: offer, choices: choices))
    case .project(let project):
      return try ModelJSON.encoder.encode(
        QueryBody(project: project, at: at, policy: policy, offer: offer, choices: choices))
    case .body(let text):
      guard at == nil, policy == nil, offer == nil, choices == nil else {
        throw ValidationError(
          "le fichier dit lui-même ce qui est supposé et choisi / the file says itself what is supposed and chosen")
      }
      return Data(text.utf8)
    }
  }

  /// How the body is written.
  var contentType: String {
    if case .body(let text) = self, (try? DocumentText(json: text)) == nil {
      "application/yaml"
    } else {
      "application/json"
    }
  }
}
