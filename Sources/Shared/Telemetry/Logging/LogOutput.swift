@preconcurrency import Glibc
import NIOConcurrencyHelpers

/// Where log lines go: one `write(2)` per line on a file descriptor that the process keeps open.
public final class LogOutput: Sendable {
  /// Standard output, where the platform collects logs.
  public static let standardOutput = LogOutput(descriptor: STDOUT_FILENO)
  /// Standard error, for programs whose standard output is their result.
  public static let standardError = LogOutput(descriptor: STDERR_FILENO)

  private let descriptor: Int32
  /// Lines lost because the descriptor refused them; the lock also keeps the rest of a cut write with its line.
  private let lost = NIOLockedValueBox<UInt64>(0)

  /// Does not own `descriptor`: it must stay open as long as anything logs.
  public init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Lines that could not be written whole (closed pipe, full disk) since the start.
  public var linesLost: UInt64 { lost.withLockedValue { $0 } }

  /// Blocks while a pipe's reader is behind, as any logging to stdout does: a line is worth more than a late task.
  func write(_ line: [UInt8]) {
    lost.withLockedValue { lost in
      if !writeWhole(line) { lost += 1 }
    }
  }

  private func writeWhole(_ line: [UInt8]) -> Bool {
    line.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count >= 0 {
          rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
          waitUntilWritable()
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
  }

  /// A parent may have made the pipe non-blocking.
  private func waitUntilWritable() {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    poll(&request, 1, 1000)
  }
}
