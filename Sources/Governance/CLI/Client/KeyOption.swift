import ArgumentParser
import Foundation

/// The key that a change is known by, so that it has effect once however often the command is given.
struct KeyOption: ParsableArguments {
  @Option(name: .long, help: "Clé d'idempotence ; créée sinon. / Idempotency key; minted otherwise.")
  var idempotencyKey: String?

  func validate() throws {
    guard let idempotencyKey else { return }
    let isPrintable = idempotencyKey.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    guard isPrintable, (1...255).contains(idempotencyKey.utf8.count) else {
      throw ValidationError(
        "--idempotency-key : attendu 1 à 255 caractères ASCII / expected 1 to 255 ASCII characters")
    }
  }

  /// The one that is given, else a new one.
  var orNew: String { idempotencyKey ?? UUID().uuidString }
}
