import Events
import Foundation
import Model
import Placement

extension DecisionRequest {
  /// What was asked, as it is stored with a decision and read by `ModelJSON.decoder` when it is made again.
  ///
  /// - Parameter spec: the project's spec in the JSON that it was read from. It is taken over then: writing it anew would
  ///   take as long as making the decision. What a later version of the program has put into it, and the engine of this one does
  ///   not read, stays in it: a member that an engine comes to read needs a new ``EngineVersion``, by which replays go.
  func bytes(spec: ArraySlice<UInt8>?) throws -> [UInt8] {
    guard let spec else { return [UInt8](try ModelJSON.encoder.encode(self)) }
    func encoded(_ list: some Collection & Encodable) throws -> [UInt8] {
      list.isEmpty ? Array("[]".utf8) : [UInt8](try ModelJSON.encoder.encode(list))
    }
    let (derogations, existing, pins) = (try encoded(derogations), try encoded(existing), try encoded(pins))
    let (leaves, mayReturn) = (try encoded(leaves), try encoded(mayReturn))
    return JSONBytes.written { json in
      json.raw(#"{"derogations":"#)
      json.raw(derogations)
      json.raw(#","existing":"#)
      json.raw(existing)
      json.raw(#","keepExisting":"#)
      json.flag(keepExisting)
      if !self.leaves.isEmpty {
        json.raw(#","leaves":"#)
        json.raw(leaves)
      }
      if mayMove { json.raw(#","mayMove":true"#) }
      if !self.mayReturn.isEmpty {
        json.raw(#","mayReturn":"#)
        json.raw(mayReturn)
      }
      json.raw(#","nodeBudget":"#)
      json.number(nodeBudget)
      json.raw(#","now":"#)
      json.text(RFC3339.text(now))
      if !self.pins.isEmpty {
        json.raw(#","pins":"#)
        json.raw(pins)
      }
      json.raw(#","project":{"apiVersion":"#)
      json.text(project.apiVersion)
      json.raw(#","kind":"#)
      json.text(project.kind.rawValue)
      json.raw(#","metadata":{"annotations":{},"labels":"#)
      json.write(parameters: project.metadata.labels)
      json.raw(#","name":"#)
      json.text(project.name)
      json.raw(#"},"spec":"#)
      json.raw(Array(spec))
      json.raw("}}")
    }
  }
}
