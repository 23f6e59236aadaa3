import ArgumentParser
import Contract
import Foundation
import Model
import Policy

/// Files that are read and judged without any service.
struct OfflineFiles {
  /// A resource, and the file it came from.
  struct Document {
    let path: String
    let document: ResourceDocument
  }

  private(set) var documents: [Document] = []
  /// What is wrong with files as such, and with resources, each with its place.
  private(set) var lines: [LintLine] = []
  private var distinct = DistinctResources(comparesVersions: false)

  /// Reads files and folders; what is wrong inside them is noted.
  ///
  /// - Throws: `ExitCode` 2, having said why, for what can not be read at all.
  static func read(_ paths: [String]) throws -> OfflineFiles {
    var files = OfflineFiles()
    do {
      for path in try paths.flatMap(ResourceFiles.expand) { files.add(try ResourceFiles.data(of: path), from: path) }
    } catch let error as ValidationError {
      Console.note("regie: \(error.message)")
      throw ExitCode(ExitStatus.unreadable)
    }
    return files
  }

  private mutating func add(_ data: Data, from path: String) {
    do throws(DocumentErrors) {
      let read = try ResourceDocument.read(data)
      for document in read {
        guard isNew(document, from: path) else { continue }
        documents.append(Document(path: path, document: document))
        // A policy's fields are among its findings.
        if case .policy = document.resource {
          lines += document.problems.filter { !$0.path.hasPrefix("spec") }.map { LintLine($0, in: path) }
        } else {
          lines += document.problems.map { LintLine($0, in: path) }
        }
      }
    } catch {
      lines += error.problems.map { LintLine($0, in: path) }
    }
  }

  /// Whether a document is not there yet; one that says something else than an earlier one is noted. Several states of
  /// a policy are read side by side: a simulation takes one only.
  private mutating func isNew(_ document: ResourceDocument, from path: String) -> Bool {
    guard document.resource.kind != .policy else { return true }
    switch distinct.add(document.resource, from: path) {
    case .new: return true
    case .again: return false
    case .contradicts(let other):
      lines.append(LintLine(DistinctResources.problem(of: document, contradicting: other), in: path))
      return false
    }
  }

  var resources: [AnyResource] { documents.map(\.document.resource) }

  var policies: [(path: String, document: ResourceDocument, spec: PolicySpec)] {
    documents.compactMap { entry in
      guard case .policy(let policy) = entry.document.resource else { return nil }
      return (entry.path, entry.document, policy.spec)
    }
  }

  /// Whether there is anything of an offer.
  var holdsOffer: Bool {
    resources.contains { [.operator, .region, .zone, .cluster, .chain].contains($0.kind) }
  }

  /// The policy there is.
  ///
  /// - Throws: `ExitCode` 2, having said why, where there is none, another one, or one that can not be gone by.
  func onlyPolicy(_ language: Language) throws -> PolicySpec {
    guard let found = policies.first, policies.count == 1 else {
      Console.note(
        language == .fr ? "regie: il faut une politique, et une seule" : "regie: exactly one policy is needed")
      throw ExitCode(ExitStatus.unreadable)
    }
    let errors = PolicyValidator.findings(in: found.spec).filter { $0.severity == .error && $0.code == .invalidField }
    for error in errors { Console.note(LintLine(error.placed(in: found.document), in: found.path).text(language)) }
    if !errors.isEmpty { throw ExitCode(ExitStatus.unreadable) }
    return found.spec
  }

  /// Goes no further if something is wrong with the files.
  ///
  /// - Throws: `ExitCode` 2, having said what.
  func requireSound(_ language: Language) throws {
    let errors = lines.filter { $0.severity == .error }
    guard !errors.isEmpty else { return }
    for line in errors { Console.note(line.text(language)) }
    throw ExitCode(ExitStatus.unreadable)
  }
}
