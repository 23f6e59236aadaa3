import ArgumentParser
import Contract
import Events
import Foundation
import NIOCore
import NIOHTTP1
import Trail

/// `regie audit verify`.
struct AuditVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Parcourir toute la chaîne et dire ce qui a été altéré. / Walk the whole chain, say what was tampered with.",
    discussion: """
      Sans fichier, le service vérifie son propre journal. Avec un fichier de « regie audit export », rien n'est demandé au
      service. / Without a file the service verifies its own trail; with one that was exported nobody is asked.
      Codes de sortie : 0 intact ; 1 altéré ; 2 illisible. / Exit codes: 0 sound; 1 broken; 2 unreadable.
      """)

  @OptionGroup var options: ClientOptions

  @Argument(help: "Fichier d'un export, ou -. / An exported file, or -.")
  var file: String?

  @Option(
    name: .long,
    help: """
      Clés publiques de la gouvernance (JWKS), pour les signatures des ancres ; répétable, avec les anciennes. / \
      Governance's public keys, earlier ones too; may be repeated.
      """)
  var keys: [String] = []

  @Option(
    name: .long,
    help: "Ancres lues ailleurs sur regie.events, un enregistrement par ligne (kcat -J). / Anchors from elsewhere.")
  var anchors: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard file != nil || (keys.isEmpty && anchors == nil) else {
      throw ValidationError("--keys et --anchors accompagnent un fichier / go with a file")
    }
  }

  func run() async throws {
    try await reporting {
      let language = try options.language()
      if let file { return try verify(file, language) }
      let answer = try await options.client().send(.GET, "/api/v1/audit/verification", timeout: .minutes(10))
      let verification: AuditVerificationView = try answer.decode()
      Console.print(try output.render(verification) ?? AuditText.render(verification, language: language))
      if !verification.sound { throw ExitCode(ExitStatus.refused) }
    }
  }

  private func verify(_ file: String, _ language: Language) throws {
    let verifier = try keys.isEmpty ? nil : Self.keySet(keys)
    var judge = AuditFileVerifier(
      language: language, keys: verifier, anchors: try anchors.map { try Self.anchors($0, verifier) } ?? [])
    var reader = try LineReader(path: file)
    while let line = try reader.next() { judge.take(line) }
    let verification = judge.finish()
    Console.print(try output.render(verification) ?? AuditText.render(verification, language: language))
    if !verification.sound { throw ExitCode(ExitStatus.refused) }
  }

  /// - Throws: `ExitCode` 2, having said why.
  private static func keySet(_ paths: [String]) throws -> EventVerifier {
    var keys: [JSONWebKey] = []
    for path in paths {
      do {
        keys += try JSONWebKeySet.read(try ResourceFiles.data(of: path)).keys
      } catch let error as ValidationError {
        throw unreadable(error.message)
      } catch {
        throw unreadable("\(path) : \(error)")
      }
    }
    do {
      return try EventVerifier(JSONWebKeySet(keys))
    } catch {
      throw unreadable("--keys : \(error)")
    }
  }

  /// The anchors among records of the bus; other records are passed over.
  ///
  /// - Throws: `ExitCode` 2, having said why: an anchor that is not believed must not look as if it had been compared.
  private static func anchors(_ path: String, _ verifier: EventVerifier?) throws -> [AuditAnchor] {
    var reader = try LineReader(path: path)
    var anchors: [AuditAnchor] = []
    var number = 0
    while let line = try reader.next() {
      number += 1
      guard !line.bytes.isEmpty else { continue }
      guard let record = try? JSONDecoder().decode(AuditAnchorRecord.self, from: Data(line.bytes)) else {
        // A tombstone, or a record of something else, has no text as its data.
        guard (try? JSONDecoder().decode(OtherRecord.self, from: Data(line.bytes))) != nil else {
          throw unreadable(
            "\(path), ligne \(number) : attendu un enregistrement JSON de kcat -J / a record by kcat -J is expected")
        }
        continue
      }
      guard record.isAnchor else { continue }
      do {
        anchors.append(try record.anchor(verifier: verifier))
      } catch {
        throw unreadable("\(path), ligne \(number) : \(error)")
      }
    }
    return anchors
  }

  private struct OtherRecord: Decodable {
    var topic: String
  }

  private static func unreadable(_ message: String) -> ExitCode {
    Console.note("regie: \(message)")
    return ExitCode(ExitStatus.unreadable)
  }
}
