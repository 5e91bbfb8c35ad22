// What a script needs to run as several processes that learn one model.

extension PythonHelper {
  /// At the top of a script that torchrun starts.
  static let distributedStart = """
    import os
    import sys
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

    # Start it with: torchrun --nproc-per-node=2 this_script.py
    # All processes draw the same random numbers; the first one prints.
    distributed = "RANK" in os.environ
    if distributed:
        dist.init_process_group("gloo")
    rank = dist.get_rank() if distributed else 0
    world = dist.get_world_size() if distributed else 1
    if rank > 0:
        sys.stdout = open(os.devnull, "w")
    """

  static let distributedEnd = """
    if distributed:
        dist.destroy_process_group()
    """

  static let distributed = [
    PythonHelper(
      name: "parallel",
      text: """
        def parallel(model):
            \"\"\"The model, its gradients averaged over all processes.\"\"\"
            learns = any(p.requires_grad for p in model.parameters())
            return DistributedDataParallel(model) if distributed and learns else model
        """),
    PythonHelper(
      name: "shared_loss",
      text: """
        class Part:
            \"\"\"Which rows of a batch this process has, while it computes its loss.\"\"\"
            start, stop, rows = 0, 0, None


        def shared_loss(loss_of, *batch):
            \"\"\"The mean loss over a batch, each process computing a contiguous share of it.

            The value is that of the whole batch. The gradient is this process's part of it,
            times the number of processes: DistributedDataParallel takes the average.
            \"\"\"
            if not distributed:
                return loss_of(*batch)
            rows = len(batch[0])
            start, stop = rows*rank//world, rows*(rank + 1)//world
            weight = world*(stop - start)/rows
            # A batch smaller than the number of processes leaves some without a row: they take
            # one that does not count, since each process must take part.
            if stop == start:
                start = min(start, rows - 1)
                stop = start + 1
            Part.start, Part.stop, Part.rows = start, stop, rows
            part = loss_of(*(tensor[start:stop] for tensor in batch))*weight
            Part.rows = None
            total = part.detach().clone()
            dist.all_reduce(total)
            return part + (total/world - part.detach())
        """),
    PythonHelper(
      name: "SharedDropout", needs: ["shared_loss"],
      text: """
        class SharedDropout(nn.Dropout):
            \"\"\"Dropout whose mask is drawn for the whole batch, the same in every process.\"\"\"

            def forward(self, x):
                if not self.training or Part.rows is None or self.p == 0:
                    return super().forward(x)
                mask = super().forward(x.new_ones(Part.rows, *x.shape[1:]))
                return x*mask[Part.start:Part.stop]
        """),
    PythonHelper(
      name: "SharedBatchNorm", needs: ["shared_loss"],
      imports: ["from torch.distributed.nn.functional import all_reduce"],
      text: """
        class SharedBatchNorm:
            \"\"\"Batch norm by the whole batch. (PyTorch's SyncBatchNorm wants a GPU.)\"\"\"

            def forward(self, x):
                if not self.training or Part.rows is None:
                    return super().forward(x)
                axes = [0, *range(2, x.dim())]
                shape = [1, -1] + [1]*(x.dim() - 2)
                counts = Part.rows*(rank + 1)//world > Part.rows*rank//world
                n = Part.rows*x[0, 0].numel()
                mean = all_reduce(x.sum(dim=axes)*counts)/n
                centred = x - mean.reshape(shape)
                var = all_reduce((centred**2).sum(dim=axes)*counts)/n
                if self.track_running_stats:
                    with torch.no_grad():
                        self.num_batches_tracked += 1
                        share = self.momentum or 1/int(self.num_batches_tracked)
                        self.running_mean += share*(mean - self.running_mean)
                        self.running_var += share*(var*n/(n - 1) - self.running_var)
                scaled = centred/torch.sqrt(var.reshape(shape) + self.eps)
                if self.weight is None:
                    return scaled
                return scaled*self.weight.reshape(shape) + self.bias.reshape(shape)


        class SharedBatchNorm1d(SharedBatchNorm, nn.BatchNorm1d):
            pass


        class SharedBatchNorm2d(SharedBatchNorm, nn.BatchNorm2d):
            pass
        """),
  ]
}
