import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1
import Policy

/// `regie apply -f FILE`: brings resources to what files say.
struct Apply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Appliquer des ressources (YAML ou JSON). / Apply resources.")

  @OptionGroup var options: ClientOptions

  @Option(
    name: [.customShort("f"), .customLong("filename")],
    help: "Fichier, dossier, ou - pour l'entrée standard. / File, folder or -.")
  var files: [String]

  @OptionGroup var reason: ReasonOption

  @Flag(name: .long, help: "Vérifier sans rien envoyer. / Check, send nothing.")
  var dryRun = false

  @Option(name: .shortAndLong, help: "table, wide, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let resources = try ResourceFiles.read(files)
      // A folder of other files, or one that was cut off, is no success.
      guard !resources.isEmpty else {
        throw ValidationError("\(files.joined(separator: ", ")) : aucune ressource / no resource")
      }
      let client = try options.client()
      if dryRun { try lint(resources, client.language) }
      let applied =
        dryRun
        ? resources : try await ResourceFiles.apply(resources, because: reason, with: client) { Console.note($0) }
      if let text = try output.render(applied) { return Console.print(text) }
      if dryRun {
        let french = Counted.fr(applied.count, "ressource valable", "ressources valables")
        Console.print("\(french) / \(Counted.en(applied.count, "valid resource", "valid resources"))")
      }
    }
  }
}

extension Apply {
  /// What the texts of policies show, as the service would say it. What only the offer shows is told when they are applied.
  private func lint(_ resources: [AnyResource], _ language: Language) throws {
    var errors = 0
    for case .policy(let policy) in resources {
      for finding in PolicyValidator.findings(in: policy.spec) {
        Console.note(
          "\(finding.severity.rawValue): \(finding.path): \(finding.message.text(language)) [\(finding.code.rawValue)]")
        if finding.severity == .error { errors += 1 }
      }
    }
    if errors > 0 { throw ExitCode(ExitStatus.refused) }
  }
}

/// Resources in files, and their way to the service.
enum ResourceFiles {
  /// Reads and validates every file, in the order that kinds need. What stands there twice is there once, with the
  /// version that it is to replace where one of both names it.
  ///
  /// - Throws: ``ClientError`` with every problem found, each with its file and line; `ValidationError` for a file that
  ///   can not be read.
  static func read(_ paths: [String]) throws -> [AnyResource] {
    var problems: [String] = []
    var distinct = DistinctResources(comparesVersions: true)
    for path in try paths.flatMap(expand) {
      do {
        for document in try ResourceDocument.read(try data(of: path)) {
          problems += document.problems.filter { $0.severity == .error }.map { "\(path): \($0.descriptionFR)" }
          if case .contradicts(let other) = distinct.add(document.resource, from: path) {
            problems.append("\(path): \(DistinctResources.problem(of: document, contradicting: other).descriptionFR)")
          }
        }
      } catch let error as DocumentErrors {
        problems += error.problems.map { "\(path): \($0.descriptionFR)" }
      }
    }
    guard problems.isEmpty else { throw ClientError.invalidDocuments(problems) }
    let rank = Dictionary(uniqueKeysWithValues: Kind.allCases.enumerated().map { ($1, $0) })
    return distinct.resources.sorted { (rank[$0.kind] ?? 0, $0.metadata.name) < (rank[$1.kind] ?? 0, $1.metadata.name) }
  }

  /// Sends each resource; returns them as the service stored them.
  static func apply(
    _ resources: [AnyResource], because reason: ReasonOption? = nil, with client: APIClient, progress: (String) -> Void
  ) async throws -> [AnyResource] {
    var stored: [AnyResource] = []
    for resource in resources {
      let path =
        "/api/v1/\(resource.kind.plural)/\(APIClient.part(resource.metadata.name))\(reason?.query ?? "")"
      let answer = try await client.send(.PUT, path, body: try ModelJSON.encoder.encode(resource))
      let result: AnyResource = try answer.decode()
      progress(
        "\(resource.kind.rawValue.lowercased())/\(resource.metadata.name) \(answer.status == 201 ? "créé / created" : "à jour / up to date")"
      )
      for warning in answer.warnings {
        progress("  \(client.language == .fr ? "avertissement :" : "warning:") \(warning)")
      }
      stored.append(result)
    }
    return stored
  }

  static func data(of path: String) throws -> Data {
    if path == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ValidationError("\(path) : ne peut être lu / can not be read")
    }
    return data
  }

  static func expand(_ path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard path != "-" else { return [path] }
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ValidationError("\(path) : fichier ou dossier introuvable / no such file or folder")
    }
    guard isFolder.boolValue else { return [path] }
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") || $0.hasSuffix(".json") }.sorted()
      .map { "\(path)/\($0)" }
  }
}
