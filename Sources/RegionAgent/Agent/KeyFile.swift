import Dispatch
import Events
import Foundation
import Logging
import NIOConcurrencyHelpers

/// The file of keys that desired states are verified with. It is read again when it has changed, so that keys come and go
/// without a new life of the agent: a new key is added before it is used, an old one taken off after its last use.
final class KeyFile: Sendable {
  private struct Known {
    var bytes = Data()
    /// Why they can not be read now, as last logged.
    var fault: String?
    var nextLook = ContinuousClock.now
  }

  private let path: String
  private let logger: Logger
  private let known = NIOLockedValueBox(Known())
  private static let interval: Duration = .seconds(1)

  init(path: String, logger: Logger) {
    self.path = path
    self.logger = logger
  }

  /// The keys as they are.
  ///
  /// - Throws: ``StartError`` when they can not be read.
  func read() throws -> (keys: JSONWebKeySet, verifier: EventVerifier) {
    let wanted = "a JSON Web Key Set of Ed25519 public keys in a file this user may read is wanted"
    do {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      let keys = try JSONWebKeySet.read(bytes)
      let verifier = try EventVerifier(keys)
      known.withLockedValue { $0.bytes = bytes }
      return (keys, verifier)
    } catch let error as KeyError {
      throw StartError("REGIE_VERIFICATION_KEYS_FILE", "\(path): \(error)", wanted: wanted)
    } catch {
      throw StartError("REGIE_VERIFICATION_KEYS_FILE", "\(path) can not be read", wanted: wanted)
    }
  }

  /// The keys, where they are other than when they were last read; looked at once a second at the most. What can not be
  /// read changes nothing: the keys known so far stay trusted, and that is logged once for each cause. Files block, so this
  /// happens off the cooperative pool.
  func changed(at now: ContinuousClock.Instant = .now) async -> EventVerifier? {
    let before: Data? = known.withLockedValue { known in
      guard now >= known.nextLook else { return nil }
      known.nextLook = now + Self.interval
      return known.bytes
    }
    guard let before else { return nil }
    return await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: self.read(otherThan: before)) }
    }
  }

  private func read(otherThan before: Data) -> EventVerifier? {
    if let bytes = try? Data(contentsOf: URL(fileURLWithPath: path)), bytes == before {
      note(nil)
      return nil
    }
    do {
      let verifier = try read().verifier
      note(nil)
      logger.info("The keys have changed", metadata: ["path": "\(path)"])
      return verifier
    } catch {
      note("\(error)")
      return nil
    }
  }

  /// Logs what has become of the file; the same cause is told once.
  private func note(_ fault: String?) {
    let before = known.withLockedValue { known in
      defer { known.fault = fault }
      return known.fault
    }
    guard fault != before else { return }
    if let fault {
      logger.error("The keys can not be read again: those known stay trusted", metadata: ["error": "\(fault)"])
    } else {
      logger.info("The keys can be read again", metadata: ["path": "\(path)"])
    }
  }
}
