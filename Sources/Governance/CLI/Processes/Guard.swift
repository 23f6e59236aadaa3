import ArgumentParser
import Foundation
import Glibc

/// `regie dev-guard FOLDER`: ends what a killed `regie dev` left running. Started by `regie dev` itself.
struct Guard: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dev-guard",
    abstract: "Arrêter ce que laisse un « regie dev » tué. / End what a killed regie dev leaves behind.",
    shouldDisplay: false)

  @Argument(help: "Dossier des données. / Data folder.")
  var folder: String

  func run() async throws {
    await inputEnds()
    // A next `regie dev` that came first holds the folder, and has cleaned up itself.
    guard let lock = try FolderLock(folder: folder) else { return }
    defer { lock.release() }
    _ = await PidFile(directory: folder).endLeftovers()
    DevPostgresData.removeElsewhere(folder)
  }

  /// Reading blocks, so it has a thread of its own.
  private func inputEnds() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      Thread.detachNewThread {
        var byte: UInt8 = 0
        while true {
          let count = read(STDIN_FILENO, &byte, 1)
          guard count > 0 || (count < 0 && errno == EINTR) else { break }
        }
        continuation.resume()
      }
    }
  }
}
