"""The only home of sockets, threads, processes and the wall clock."""
