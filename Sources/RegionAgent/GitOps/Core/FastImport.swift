internal import Foundation

/// The input of `git fast-import` that makes one commit of each change, one upon the other.
///
/// There is no work tree: nothing is checked out, no hook, filter or symbolic link of the repository can play a part, and
/// a commit names the paths it changes and no others.
enum FastImport {
  /// The ref that holds the result in the clone.
  static let ref = "refs/regie/next"

  static func stream(
    _ changes: [FolderChange], onto head: String?, author: CommitAuthor, at moment: Date
  ) -> [UInt8] {
    var stream = Array("feature done\nreset \(ref)\n".utf8)
    if let head { stream += "from \(head)\n\n".utf8 } else { stream += "\n".utf8 }
    let seconds = Int64(moment.timeIntervalSince1970)
    let identity = "\(author.name) <\(author.email)> \(seconds) +0000"
    for (index, change) in changes.enumerated() {
      stream += "commit \(ref)\nmark :\(index + 1)\nauthor \(identity)\ncommitter \(identity)\n".utf8
      append(Array(change.message.utf8), to: &stream)
      for edit in change.edits {
        if let content = edit.content {
          stream += "M 100644 inline \(edit.path)\n".utf8
          append(content, to: &stream)
        } else {
          stream += "D \(edit.path)\n".utf8
        }
      }
      stream += "\n".utf8
    }
    stream += "get-mark :\(changes.count)\ndone\n".utf8
    return stream
  }

  private static func append(_ content: [UInt8], to stream: inout [UInt8]) {
    stream += "data \(content.count)\n".utf8
    stream += content
    stream += "\n".utf8
  }
}
