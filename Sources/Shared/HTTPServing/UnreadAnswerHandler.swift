import NIOCore

/// Closes a connection of whose answers nothing is taken for as long as a connection may be idle, or a little longer.
///
/// Hummingbird's own timer does nothing while an answer is under way, and one that nobody reads would be so for good, with
/// its bytes and the task that writes it. Whoever reads as much as the kernel asks for at a time is waited for.
final class UnreadAnswerHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  private let limit: TimeAmount
  private var next: Scheduled<Void>?

  init(limit: TimeAmount) { self.limit = limit }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      cancel()
    } else if next == nil {
      look(after: Self.bytesWaiting(in: context), context)
    }
    context.fireChannelWritabilityChanged()
  }

  func handlerRemoved(context: ChannelHandlerContext) { cancel() }

  /// Nothing is added while so much waits: where it is not less by then, nothing was taken.
  private func look(after before: Int, _ context: ChannelHandlerContext) {
    next = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { [self] in
      let now = Self.bytesWaiting(in: context)
      if now < before { look(after: now, context) } else { context.close(promise: nil) }
    }
  }

  private func cancel() {
    next?.cancel()
    next = nil
  }

  private static func bytesWaiting(in context: ChannelHandlerContext) -> Int {
    (try? context.channel.syncOptions?.getOption(ChannelOptions.bufferedWritableBytes)) ?? 0
  }
}
