@preconcurrency import Glibc
import NIOConcurrencyHelpers
import NIOSSL

/// Certificates in a file: read once, and again when the file has become another one. Whoever asks may block for it.
final class AuthorityFile: Sendable {
  /// What one file, as it was written once, is known by.
  private struct Stamp: Equatable {
    var device: dev_t
    var inode: ino_t
    var size: off_t
    var written: [Int]
  }

  private struct Known {
    var stamp: Stamp
    var certificates: [NIOSSLCertificate]
  }

  /// Why there are no certificates.
  struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  private let path: String
  private let known = NIOLockedValueBox<Known?>(nil)
  private let count = NIOLockedValueBox(0)

  /// The file at a path, which is not looked at yet.
  init(_ path: String) { self.path = path }

  /// How often it was read.
  var reads: Int { count.withLockedValue { $0 } }

  /// What stands in it now.
  ///
  /// - Throws: ``Unreadable`` where it is not there, or holds no certificates.
  func certificates() throws -> [NIOSSLCertificate] {
    let stamp = try stamp()
    if let known = known.withLockedValue({ $0 }), known.stamp == stamp { return known.certificates }
    let certificates: [NIOSSLCertificate]
    do {
      count.withLockedValue { $0 += 1 }
      certificates = try NIOSSLCertificate.fromPEMFile(path)
    } catch {
      throw Unreadable(description: "the file holds no certificates in PEM")
    }
    // One that was written meanwhile has another stamp, and is read again the next time.
    known.withLockedValue { $0 = Known(stamp: stamp, certificates: certificates) }
    return certificates
  }

  private func stamp() throws -> Stamp {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Unreadable(description: "the file can not be read") }
    return Stamp(
      device: status.st_dev, inode: status.st_ino, size: status.st_size,
      written: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec])
  }
}
