import Foundation
import Requests

/// The files that webhooks need, as they are at the start.
enum WebhookKeys {
  /// What seals the secrets of destinations; nil where no file is named.
  ///
  /// - Throws: ``StartError`` that repeats nothing of the file.
  static func read(_ path: String?) throws -> WebhookVault? {
    guard let path else { return nil }
    let wanted = "lines with an ID and 32 bytes in base64, in a file this user may read, are wanted"
    do {
      return try WebhookVault(try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8))
    } catch let error as WebhookVaultError {
      throw StartError("REGIE_WEBHOOK_KEY_FILE", "\(path): \(error)", wanted: wanted)
    } catch {
      throw StartError("REGIE_WEBHOOK_KEY_FILE", "\(path) can not be read", wanted: wanted)
    }
  }

  /// Certificates of destinations; nil where no file is named.
  ///
  /// - Throws: ``StartError`` where there are none in it.
  static func authority(_ path: String?) throws -> AuthorityFile? {
    guard let path else { return nil }
    let file = AuthorityFile(path)
    do {
      _ = try file.certificates()
    } catch {
      throw StartError("REGIE_WEBHOOK_CA_FILE", "\(path): \(error)", wanted: "certificates in PEM are wanted")
    }
    return file
  }
}
