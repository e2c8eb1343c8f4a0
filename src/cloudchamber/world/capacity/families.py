"""The families of EC2 instance types, as AWS publishes them: a compact table.

Rules of this file: data only. Where AWS's own tables are regular they are kept as rules: a family
names its sizes, and ladders say what a size has. A size's vCPUs follow from its name (large 2,
xlarge 4, Nxlarge 4N) and its memory from the family's GiB per vCPU, unless written beside it as
`size=vcpus` or `size=vcpus/GiB`.

Columns of FAMILIES: family | architecture | hypervisor | processor | GHz | GiB per vCPU | sizes |
interfaces | network | EBS | local disks (GB per vCPU, or `size=GB*count`), | flags.

Interfaces were checked against the pods per node that Amazon EKS publishes, which follow from
them: https://github.com/awslabs/amazon-eks-ami (eni-max-pods.txt). Sources of the rest:
https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html and its sisters co, mo, so, ac, hpc, pg
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-optimized.html
"""

from __future__ import annotations

from typing import Final

# Ladders of interfaces: size -> interfaces x IPv4 (and IPv6) addresses of each.
INTERFACES: Final = """
std   medium=2x4 large=3x10 xlarge=4x15 2xlarge=4x15 3xlarge=4x15 4xlarge=8x30 6xlarge=8x30
std   8xlarge=8x30 9xlarge=8x30 10xlarge=8x30 12xlarge=8x30 16xlarge=15x50 18xlarge=15x50
std   24xlarge=15x50 32xlarge=15x50 48xlarge=15x50 56xlarge=15x50 metal=15x50 metal-16xl=15x50
std   metal-24xl=15x50 metal-32xl=15x50 metal-48xl=15x50 112xlarge=15x50
i8    large=3x20 xlarge=4x30 2xlarge=4x30 4xlarge=8x50 8xlarge=10x50 12xlarge=12x50 16xlarge=16x64
i8    24xlarge=16x64 32xlarge=24x64 48xlarge=24x64 96xlarge=24x64 metal-48xl=24x64 metal-96xl=24x64
a8    medium=2x4 large=3x20 xlarge=4x20 2xlarge=4x40 4xlarge=8x40 8xlarge=10x40 12xlarge=12x64
a8    16xlarge=16x64 24xlarge=16x64 48xlarge=24x64 metal-24xl=16x64 metal-48xl=24x64
gn8   medium=2x4 large=3x10 xlarge=4x15 2xlarge=4x15 4xlarge=8x30 8xlarge=10x30 12xlarge=12x30
gn8   16xlarge=16x50 24xlarge=24x50 48xlarge=24x50 metal-24xl=24x50 metal-48xl=24x50
old3  56xlarge=8x30
i4i   large=3x10 xlarge=4x15 2xlarge=4x15 4xlarge=8x30 8xlarge=8x30 12xlarge=8x30 16xlarge=15x50
i4i   24xlarge=15x30 32xlarge=15x50 metal=15x50
trn   2xlarge=4x15 32xlarge=40x50
old   nano=2x2 micro=2x2 small=2x4 medium=2x6 large=3x10 xlarge=4x15 2xlarge=4x15 4xlarge=8x30
old   8xlarge=8x30 10xlarge=8x30 16xlarge=8x30 9xlarge=8x30 12xlarge=8x30 metal=8x30
m4    large=2x10 xlarge=4x15 2xlarge=4x15 4xlarge=8x30 10xlarge=8x30 16xlarge=8x30
m3    medium=2x6 large=3x10 xlarge=4x15 2xlarge=4x30
t     nano=2x2 micro=2x2 small=3x4 medium=3x6 large=3x12 xlarge=4x15 2xlarge=4x15
t2    nano=2x2 micro=2x2 small=3x4 medium=3x6 large=3x12 xlarge=3x15 2xlarge=3x15
t3a   nano=2x2 micro=2x2 small=2x4 medium=3x6 large=3x12 xlarge=4x15 2xlarge=4x15
a1    medium=2x4 large=3x10 xlarge=4x15 2xlarge=4x15 4xlarge=8x30 metal=8x30
zn    large=3x10 xlarge=4x15 2xlarge=4x15 3xlarge=8x30 6xlarge=8x30 12xlarge=15x50 metal=15x50
in6   large=3x10 xlarge=4x15 2xlarge=4x15 4xlarge=8x30 8xlarge=8x30 12xlarge=8x30 16xlarge=15x50
in6   24xlarge=15x50 32xlarge=16x50 metal=16x50
d3    xlarge=4x3 2xlarge=4x5 4xlarge=4x10 8xlarge=3x20
d3en  xlarge=4x3 2xlarge=4x5 4xlarge=4x10 6xlarge=4x15 8xlarge=4x20 12xlarge=3x30
g4dn  xlarge=3x10 2xlarge=3x10 4xlarge=3x10 8xlarge=4x15 12xlarge=8x30 16xlarge=4x15 metal=15x50
g4ad  xlarge=2x4 2xlarge=2x4 4xlarge=3x10 8xlarge=4x15 16xlarge=8x30
g5    xlarge=4x15 2xlarge=4x15 4xlarge=8x30 8xlarge=8x30 12xlarge=15x50 16xlarge=8x30
g5    24xlarge=15x50 48xlarge=7x50
g6    large=2x10 xlarge=4x15 2xlarge=4x15 4xlarge=8x30 8xlarge=8x30 12xlarge=8x30 16xlarge=15x50
g6    24xlarge=15x50 48xlarge=15x50
g6e   xlarge=4x15 2xlarge=4x15 4xlarge=8x30 8xlarge=8x30 12xlarge=10x30 16xlarge=15x50
g6e   24xlarge=20x50 48xlarge=40x50
inf1  xlarge=4x10 2xlarge=4x10 6xlarge=8x30 24xlarge=11x30
p     2xlarge=4x15 8xlarge=8x30 16xlarge=8x30 24xlarge=15x50
p4    24xlarge=60x50
p5    4xlarge=4x30 48xlarge=64x50
x1    xlarge=3x10 2xlarge=4x15 4xlarge=4x15 8xlarge=4x15 16xlarge=8x30 32xlarge=8x30
h1    2xlarge=4x15 4xlarge=8x30 8xlarge=8x30 16xlarge=8x50
hpc   4xlarge=4x50 8xlarge=4x50 12xlarge=2x50 16xlarge=4x50 24xlarge=2x50 32xlarge=2x51
hpc   48xlarge=2x50
hpc   96xlarge=2x50
i7ie  large=3x10 xlarge=4x15 2xlarge=4x15 3xlarge=4x15 6xlarge=8x30 12xlarge=8x50 18xlarge=15x50
i7ie  24xlarge=15x50 48xlarge=15x50 metal-24xl=15x50 metal-48xl=15x50
"""

# Ladders of network bandwidth: `~P/B` is "up to P Gigabit" with a baseline of B, `P` always P Gbps,
# a word is what AWS says of older types. `xN` are network cards.
NETWORK: Final = """
flex7 large=~12.5/0.39 xlarge=~12.5/0.781 2xlarge=~12.5/1.562 4xlarge=~12.5/3.125
flex7 8xlarge=~12.5/6.25 12xlarge=~18.75/9.375 16xlarge=~25/12.5
flex8 large=~12.5/0.468 xlarge=~12.5/0.937 2xlarge=~15/1.875 4xlarge=~15/3.75 8xlarge=~15/7.5
flex8 12xlarge=~22.5/11.25 16xlarge=~30/15
8g    medium=~12.5/0.52 large=~12.5/0.937 xlarge=~12.5/1.875 2xlarge=~15/3.75 4xlarge=~15/7.5
8g    8xlarge=15 12xlarge=22.5 16xlarge=30 24xlarge=40 48xlarge=50 metal-24xl=40 metal-48xl=50
zn    large=~25/3 xlarge=~25/5 2xlarge=~25/10 3xlarge=~25/15 4xlarge=~25/15 6xlarge=50 9xlarge=50
zn    12xlarge=100 18xlarge=100 metal=100
x2    xlarge=~25/1.875 2xlarge=~25/5 4xlarge=~25/12.5 8xlarge=25 16xlarge=50 24xlarge=75
x2    32xlarge=100 metal=100
x1    xlarge=~10/0.625 2xlarge=~10/1.25 4xlarge=~10/2.5 8xlarge=~10/5 16xlarge=10 32xlarge=25
c5a   large=~10/0.75 xlarge=~10/1.25 2xlarge=~10/2.5 4xlarge=~10/5 8xlarge=10 12xlarge=12
c5a   16xlarge=20 24xlarge=20
i7i   large=~10/1.171 xlarge=~10/2.343 2xlarge=~12/4.687 4xlarge=~25/9.375 8xlarge=25
i7i   12xlarge=28.12 16xlarge=37.5 24xlarge=56.25 48xlarge=100 metal-24xl=56.25 metal-48xl=100
i7ie  large=~25/2.083 xlarge=~25/4.166 2xlarge=~25/8.333 3xlarge=~25/12.5 6xlarge=~25/12.5
i7ie  12xlarge=25 18xlarge=37.5 24xlarge=50 48xlarge=100 metal-24xl=50 metal-48xl=100
f2    6xlarge=12.5 12xlarge=25 48xlarge=100
mac2  metal=10
a1    medium=~10/0.5 large=~10/0.75 xlarge=~10/1.25 2xlarge=~10/2.5 4xlarge=~10/5 metal=~10/5
hpc6a 48xlarge=100
iz    large=~12.5/0.781 xlarge=~12.5/1.562 2xlarge=~12.5/3.125 4xlarge=~12.5/6.25 8xlarge=12.5
iz    12xlarge=25 16xlarge=25 32xlarge=50 metal-16xl=25 metal-32xl=50
old3  large=Moderate xlarge=Moderate 2xlarge=High 4xlarge=High 8xlarge=10
5     large=~10/0.75 xlarge=~10/1.25 2xlarge=~10/2.5 3xlarge=~10/3.75 4xlarge=~10/5 8xlarge=10
5     9xlarge=12 12xlarge=12 16xlarge=20 18xlarge=25 24xlarge=25 metal=25
5a    large=~10/0.75 xlarge=~10/1.25 2xlarge=~10/2.5 4xlarge=~10/5 8xlarge=~10/7.5 12xlarge=10
5a    16xlarge=12 24xlarge=20
5n    large=~25/2.1 xlarge=~25/4.1 2xlarge=~25/8.125 3xlarge=~25/12.5 4xlarge=~25/16.25
5n    6xlarge=50 8xlarge=25 9xlarge=50 12xlarge=50 16xlarge=75 18xlarge=100 24xlarge=100
5n    32xlarge=100
5n    metal=100
6g    medium=~10/0.5 large=~10/0.75 xlarge=~10/1.25 2xlarge=~10/2.5 4xlarge=~10/5 8xlarge=12
6g    12xlarge=20 16xlarge=25 metal=25
6gn   medium=~16/1.6 large=~25/3 xlarge=~25/6.3 2xlarge=~25/12.5 4xlarge=~25/15 8xlarge=50
6gn   12xlarge=75 16xlarge=100
6i    large=~12.5/0.781 xlarge=~12.5/1.562 2xlarge=~12.5/3.125 4xlarge=~12.5/6.25 8xlarge=12.5
6i    12xlarge=18.75 16xlarge=25 24xlarge=37.5 32xlarge=50 48xlarge=50 metal=50
6in   large=~25/3.125 xlarge=~30/6.25 2xlarge=~40/12.5 4xlarge=~50/25 8xlarge=50 12xlarge=75
6in   16xlarge=100 24xlarge=150 32xlarge=200x2 metal=200x2
7a    medium=~12.5/0.39 large=~12.5/0.781 xlarge=~12.5/1.562 2xlarge=~12.5/3.125
7a    4xlarge=~12.5/6.25 8xlarge=12.5 12xlarge=18.75 16xlarge=25 24xlarge=37.5 32xlarge=50
7a    48xlarge=50 metal-16xl=25 metal-24xl=37.5 metal-32xl=50 metal-48xl=50
7g    medium=~12.5/0.52 large=~12.5/0.937 xlarge=~12.5/1.876 2xlarge=~15/3.75 4xlarge=~15/7.5
7g    8xlarge=15 12xlarge=22.5 16xlarge=30 24xlarge=40 48xlarge=50 metal=30 metal-24xl=40
7g    metal-48xl=50
7gn   medium=~25/3.125 large=~30/6.25 xlarge=~40/12.5 2xlarge=~50/25 4xlarge=50 8xlarge=100
7gn   12xlarge=150 16xlarge=200 24xlarge=300 48xlarge=600x2 metal=200 metal-24xl=300
7gn   metal-48xl=600x2
8     medium=~12.5/0.52 large=~12.5/0.937 xlarge=~12.5/1.875 2xlarge=~15/3.75 4xlarge=~15/7.5
8     8xlarge=15 12xlarge=22.5 16xlarge=30 24xlarge=40 32xlarge=50 48xlarge=75 96xlarge=100
8     metal-24xl=40 metal-48xl=75 metal-96xl=100
t3    nano=~5/0.032 micro=~5/0.064 small=~5/0.128 medium=~5/0.256 large=~5/0.512 xlarge=~5/1.024
t3    2xlarge=~5/2.048
t2    nano=Low_to_Moderate micro=Low_to_Moderate small=Low_to_Moderate medium=Low_to_Moderate
t2    large=Low_to_Moderate xlarge=Moderate 2xlarge=Moderate
old   micro=Very_Low small=Low medium=Moderate large=Moderate xlarge=High 2xlarge=High 4xlarge=High
old   8xlarge=10 10xlarge=10 16xlarge=25 32xlarge=25 9xlarge=10 12xlarge=10 metal=25
r4    medium=~10/0.5 large=~10/0.75 xlarge=~10/1.25 2xlarge=~10/2.5 3xlarge=~10/5 4xlarge=~10/5
r4    6xlarge=12 8xlarge=10 12xlarge=25 16xlarge=25 metal=25
i3en  large=~25/2.1 xlarge=~25/4.2 2xlarge=~25/8.4 3xlarge=~25/12.5 6xlarge=25 12xlarge=50
i3en  18xlarge=75 24xlarge=100 48xlarge=100 metal=100 metal-24xl=100 metal-48xl=100
i4i   large=~10/0.781 xlarge=~10/1.875 2xlarge=~12/4.687 4xlarge=~25/9.375 8xlarge=18.75
i4i   12xlarge=28.12 16xlarge=37.5 24xlarge=56.25 32xlarge=75 48xlarge=100 metal=75 metal-24xl=56.25
i4i   metal-48xl=100
im4   medium=~25/1.562 large=~25/3.125 xlarge=~25/6.25 2xlarge=~25/12.5 4xlarge=25 8xlarge=50
im4   16xlarge=100
d3    xlarge=~15/3 2xlarge=~15/6 4xlarge=~15/12.5 8xlarge=25
d3en  xlarge=~25/6 2xlarge=~25/12.5 4xlarge=25 6xlarge=40 8xlarge=50 12xlarge=75
g4dn  xlarge=~25/5 2xlarge=~25/10 4xlarge=~25/20 8xlarge=50 12xlarge=50 16xlarge=50 metal=100
g4ad  xlarge=~10/2 2xlarge=~10/4.167 4xlarge=~10/8.333 8xlarge=15 16xlarge=25
g5    xlarge=~10/2.5 2xlarge=~10/5 4xlarge=~25/10 8xlarge=25 12xlarge=40 16xlarge=25 24xlarge=50
g5    48xlarge=100
g6e   xlarge=~20/2.5 2xlarge=~20/5 4xlarge=20 8xlarge=25 12xlarge=100 16xlarge=35 24xlarge=200x2
g6e   48xlarge=400x4
inf1  xlarge=~25/5 2xlarge=~25/5 6xlarge=25 24xlarge=100
inf2  xlarge=~15/2.083 8xlarge=~25/16.667 24xlarge=50 48xlarge=100
p3    2xlarge=~10/2.5 8xlarge=10 16xlarge=25 24xlarge=100
p4    24xlarge=400x4
p5    4xlarge=100 48xlarge=3200x32
trn1  2xlarge=~12.5/3.125 32xlarge=800x8
dl    24xlarge=400x4
u     3tb=50 6tb=100 56xlarge=100 112xlarge=100
hpc   4xlarge=200 8xlarge=200 12xlarge=300x2 16xlarge=200 24xlarge=300x2 32xlarge=200x2
hpc   48xlarge=300x2 96xlarge=300x2
"""

# Ladders of EBS bandwidth: Mbps (`B/M` baseline and maximum) @ thousands of IOPS, in the same way.
EBS: Final = """
5     large=650/4750@3.6/18.75 xlarge=1150/4750@6/18.75 2xlarge=2300/4750@12/18.75
5     3xlarge=3167/4750@13.333 4xlarge=4750@18.75 6xlarge=9500@40 8xlarge=6800@30 9xlarge=9500@40
5     12xlarge=9500@40 16xlarge=13600@60 18xlarge=19000@80 24xlarge=19000@80 metal=19000@80
5     48xlarge=60000@240 metal-24xl=30000@120 metal-48xl=60000@240
5a    large=650/2880@3.6/16 xlarge=1085/2880@6/16 2xlarge=1580/2880@8.333/16 4xlarge=2880@16
5a    8xlarge=4750@20 12xlarge=6780@30 16xlarge=9500@40 24xlarge=13570@60
5b    large=1250/10000@5.417/43.333 xlarge=2500/10000@10.833/43.333 2xlarge=5000/10000@21.667/43.333
5b    4xlarge=10000@43.333 8xlarge=20000@86.667 12xlarge=30000@130 16xlarge=40000@173.333
5b    24xlarge=60000@260 metal=60000@260
6g    medium=315/4750@2.5/20 large=630/4750@3.6/20 xlarge=1188/4750@6/20 2xlarge=2375/4750@12/20
6g    4xlarge=4750@20 8xlarge=9500@40 12xlarge=14250@50 16xlarge=19000@80 metal=19000@80
6gn   medium=760/9500@2.5/40 large=1235/9500@5/40 xlarge=2375/9500@10/40 2xlarge=4750/9500@20/40
6gn   4xlarge=9500@40 8xlarge=19000@80 12xlarge=28500@120 16xlarge=38000@160
6i    large=650/10000@3.6/40 xlarge=1250/10000@6/40 2xlarge=2500/10000@12/40
6i    4xlarge=5000/10000@20/40
6i    8xlarge=10000@40 12xlarge=15000@60 16xlarge=20000@80 24xlarge=30000@120 32xlarge=40000@160
6i    48xlarge=40000@240 metal=40000@160
6in   large=1562/25000@6.25/100 xlarge=3125/25000@12.5/100 2xlarge=6250/25000@25/100
6in   4xlarge=12500/25000@50/100 8xlarge=25000@100 12xlarge=37500@150 16xlarge=50000@200
6in   24xlarge=75000@300 32xlarge=100000@400 metal=100000@400
7     medium=325/10000@2.5/40 large=650/10000@3.6/40 xlarge=1250/10000@6/40 2xlarge=2500/10000@12/40
7     4xlarge=5000/10000@20/40 8xlarge=10000@40 12xlarge=15000@60 16xlarge=20000@80
7     6xlarge=7500@30 24xlarge=30000@120 32xlarge=40000@160 48xlarge=40000@240 metal=20000@80
7     metal-16xl=20000@80
7     metal-24xl=30000@120 metal-32xl=40000@160 metal-48xl=40000@240
7g    medium=315/10000@2.5/40 large=630/10000@3.6/40 xlarge=1250/10000@6/40 2xlarge=2500/10000@12/40
7g    4xlarge=5000/10000@20/40 8xlarge=10000@40 12xlarge=15000@60 16xlarge=20000@80
7g    24xlarge=30000@120 48xlarge=40000@240 metal=20000@80 metal-24xl=30000@120 metal-48xl=40000@240
8     medium=325/10000@2.5/40 large=650/10000@3.6/40 xlarge=1250/10000@6/40 2xlarge=2500/10000@12/40
8     4xlarge=5000/10000@20/40 8xlarge=10000@40 12xlarge=15000@60 16xlarge=20000@80
8     24xlarge=30000@120 32xlarge=40000@160 48xlarge=60000@240 96xlarge=80000@480
8     metal-24xl=30000@120 metal-48xl=60000@240 metal-96xl=80000@480
t3    nano=43/2085@0.25/11.8 micro=87/2085@0.5/11.8 small=174/2085@1/11.8 medium=347/2085@2/11.8
t3    large=695/2780@4/15.7 xlarge=695/2780@4/15.7 2xlarge=695/2780@4/15.7
4     large=450@3.6 xlarge=750@6 2xlarge=1000@8 4xlarge=2000@16 8xlarge=4000@32 10xlarge=4000@32
4     16xlarge=10000@65 32xlarge=14000@80
r4    medium=300@2.5 large=525@4 xlarge=850@6 2xlarge=1700@12 4xlarge=3500@18.75 8xlarge=7000@37.5
r4    16xlarge=14000@75 32xlarge=14000@80 metal=8000@55
none  -
x1e   xlarge=500@3.7 2xlarge=1000@7.4 4xlarge=1750@10 8xlarge=3500@20 16xlarge=7000@40
x1e   32xlarge=14000@80
g4    xlarge=950/3500@20 2xlarge=1150/3500@20 4xlarge=4750@20 8xlarge=9500@40 12xlarge=9500@40
g4    16xlarge=9500@40 metal=19000@80
g5    large=650/3500@3.6/15 xlarge=700/3500@3/15 2xlarge=850/3500@3.5/15 4xlarge=4750@20
g5    8xlarge=16000@65 12xlarge=16000@65 16xlarge=16000@65 24xlarge=19000@80 48xlarge=19000@80
g6    large=1000/5000@4/20 xlarge=1000/5000@4/20 2xlarge=2000/5000@8/20 4xlarge=8000@32
g6    8xlarge=16000@64 12xlarge=20000@80 16xlarge=20000@80 24xlarge=30000@120 48xlarge=60000@240
inf   xlarge=1190/4750@4/20 2xlarge=1190/4750@6/20 6xlarge=4750@20 8xlarge=10000@40
inf   24xlarge=30000@120
inf   48xlarge=60000@240
p     2xlarge=1750@10 4xlarge=10000@40 8xlarge=7000@40 16xlarge=14000@80 24xlarge=19000@80
p     32xlarge=80000@260 48xlarge=80000@260
hpc   4xlarge=87@0.5 8xlarge=87@0.5 12xlarge=87/2085@0.5/11 16xlarge=87@0.5 24xlarge=87/2085@0.5/11
hpc   32xlarge=87/2085@0.5/11 48xlarge=87/2085@0.5/11 96xlarge=87/2085@0.5/11
u     3tb=19000@80 6tb=38000@160 56xlarge=38000@160 112xlarge=38000@160
"""

# Sets of sizes that many families share.
SIZES: Final = """
5     large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge
5m    large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge metal=96
c5    large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge metal=96
c5n   large xlarge 2xlarge 4xlarge 9xlarge 18xlarge metal=72
6g    medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge
6gm   medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge metal=64
6i    large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge metal=128
6a    large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge metal=192
7a    medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge
7a    metal-48xl
7i    large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl
flex  large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge
8g    medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge metal-24xl
8g    metal-48xl
8i    large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge 96xlarge
8i    metal-48xl metal-96xl
zn    large xlarge 2xlarge 3xlarge 6xlarge 12xlarge metal=48
"""

FAMILIES: Final = """
a1|arm64|nitro|AWS|2.3|2|medium large xlarge 2xlarge 4xlarge metal=16|a1|a1|r4||
t1|i386,x86_64|xen|Intel|0|0.612|micro=1/0.612|old|old|none||old burst
t2|i386,x86_64|xen|Intel|2.3|4|nano=1/0.5 micro=1/1 small=1/2 medium=2/4 large=2/8 xlarge 2xlarge|\
t2|t2|none||burst hibernate
t3|x86_64|nitro|Intel|2.5|4|nano=2/0.5 micro=2/1 small=2/2 medium=2/4 large xlarge 2xlarge|\
t|t3|t3||burst hibernate
t3a|x86_64|nitro|AMD|2.2|4|nano=2/0.5 micro=2/1 small=2/2 medium=2/4 large xlarge 2xlarge|\
t3a|t3|t3||burst hibernate
t4g|arm64|nitro|AWS|2.5|4|nano=2/0.5 micro=2/1 small=2/2 medium=2/4 large xlarge 2xlarge|\
t|t3|t3||burst hibernate
m1|i386,x86_64|xen|Intel|0|3.75|small=1/1.7 medium=1/3.75 large=2/7.5 xlarge=4/15|old|old|none|\
small=160*1 medium=410*1 large=420*2 xlarge=420*4|old hdd
m3|x86_64|xen|Intel|2.5|3.75|medium=1 large xlarge 2xlarge|m3|old|none|\
medium=4*1 large=32*1 xlarge=40*2 2xlarge=80*2|old
m4|x86_64|xen|Intel|2.3|4|large xlarge 2xlarge 4xlarge 10xlarge 16xlarge|m4|old|4||hibernate
m5|x86_64|nitro|Intel|3.1|4|5m|std|5|5||hibernate
m5a|x86_64|nitro|AMD|2.5|4|5|std|5a|5a||hibernate
m5ad|x86_64|nitro|AMD|2.5|4|5|std|5a|5a|large=75*1 xlarge=150*1 2xlarge=300*1 4xlarge=300*2 \
8xlarge=600*2 12xlarge=900*2 16xlarge=600*4 24xlarge=900*4|hibernate
m5d|x86_64|nitro|Intel|3.1|4|5m|std|5|5|large=75*1 xlarge=150*1 2xlarge=300*1 4xlarge=300*2 \
8xlarge=600*2 12xlarge=900*2 16xlarge=600*4 24xlarge=900*4 metal=900*4|hibernate
m5n|x86_64|nitro|Intel|3.1|4|5m|std|5n|5||
m5dn|x86_64|nitro|Intel|3.1|4|5m|std|5n|5|large=75*1 xlarge=150*1 2xlarge=300*1 4xlarge=300*2 \
8xlarge=600*2 12xlarge=900*2 16xlarge=600*4 24xlarge=900*4 metal=900*4|
m5zn|x86_64|nitro|Intel|4.5|4|zn|zn|zn|5||
m6a|x86_64|nitro|AMD|3.6|4|6a|std|6i|6i||hibernate
m6g|arm64|nitro|AWS|2.5|4|6gm|std|6g|6g||
m6gd|arm64|nitro|AWS|2.5|4|6gm|std|6g|6g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=474*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 metal=1900*2|
m6i|x86_64|nitro|Intel|3.5|4|6i|std|6i|6i||hibernate
m6id|x86_64|nitro|Intel|3.5|4|6i|std|6i|6i|large=118*1 xlarge=237*1 2xlarge=474*1 4xlarge=950*1 \
8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 24xlarge=1425*4 32xlarge=1900*4 metal=1900*4|\
hibernate
m6in|x86_64|nitro|Intel|3.5|4|6i|in6|6in|6in||
m6idn|x86_64|nitro|Intel|3.5|4|6i|in6|6in|6in|large=118*1 xlarge=237*1 2xlarge=474*1 4xlarge=950*1 \
8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 24xlarge=1425*4 32xlarge=1900*4 metal=1900*4|
m7a|x86_64|nitro|AMD|3.7|4|7a|std|7a|7||hibernate single
m7g|arm64|nitro|AWS|2.6|4|6gm|std|7g|7g||
m7gd|arm64|nitro|AWS|2.6|4|6gm|std|7g|7g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=474*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 metal=1900*2|
m7i|x86_64|nitro|Intel|3.2|4|7i|std|7a|7||hibernate
m7i-flex|x86_64|nitro|Intel|3.2|4|flex|std|flex7|7||hibernate
m8a|x86_64|nitro|AMD|4.5|4|8g|a8|8|8||single
m8g|arm64|nitro|AWS|2.7|4|8g|std|8g|7g||
m8gd|arm64|nitro|AWS|2.7|4|8g|std|8g|7g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=474*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=950*3 16xlarge=1900*2 24xlarge=1900*3 48xlarge=1900*6 \
metal-24xl=1900*3 metal-48xl=1900*6|
m8i|x86_64|nitro|Intel|3.9|4|8i|i8|8|8||
m8i-flex|x86_64|nitro|Intel|3.9|4|flex|i8|flex8|8||
mac1|x86_64_mac|nitro|Intel|3.2|2.667|metal=12/32|old|r4|r4||mac
mac2|arm64_mac|nitro|Apple|3.2|2|metal=8/16|old|mac2|r4||mac
mac2-m1ultra|arm64_mac|nitro|Apple|3.2|6.4|metal=20/128|old|mac2|r4||mac
mac2-m2|arm64_mac|nitro|Apple|3.2|3|metal=8/24|old|mac2|r4||mac
mac2-m2pro|arm64_mac|nitro|Apple|3.2|2.667|metal=12/32|old|mac2|r4||mac
c1|i386,x86_64|xen|Intel|0|0.85|medium=2/1.7 xlarge=8/7|old|old|none|\
medium=350*1 xlarge=420*4|old hdd
c3|i386,x86_64|xen|Intel|2.8|1.875|large xlarge 2xlarge 4xlarge 8xlarge|old|old3|none|\
large=16*2 xlarge=40*2 2xlarge=80*2 4xlarge=160*2 8xlarge=320*2|old hibernate
c4|x86_64|xen|Intel|2.9|1.875|large xlarge 2xlarge 4xlarge 8xlarge=36/60|old|old|4||hibernate
c5|x86_64|nitro|Intel|3.4|2|c5|std|5|5||hibernate
c5a|x86_64|nitro|AMD|3.3|2|5|std|c5a|5a||
c5ad|x86_64|nitro|AMD|3.3|2|5|std|c5a|5a|large=75*1 xlarge=150*1 2xlarge=300*1 4xlarge=300*2 \
8xlarge=600*2 12xlarge=900*2 16xlarge=1200*2 24xlarge=1900*2|
c5d|x86_64|nitro|Intel|3.4|2|c5|std|5|5|large=50*1 xlarge=100*1 2xlarge=200*1 4xlarge=400*1 \
9xlarge=900*1 12xlarge=900*2 18xlarge=900*2 24xlarge=900*4 metal=900*4|hibernate
c5n|x86_64|nitro|Intel|3.4|2.667|c5n|std|zn|5||
c6a|x86_64|nitro|AMD|3.6|2|6a|std|6i|6i||hibernate
c6g|arm64|nitro|AWS|2.5|2|6gm|std|6g|6g||
c6gd|arm64|nitro|AWS|2.5|2|6gm|std|6g|6g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=474*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 metal=1900*2|
c6gn|arm64|nitro|AWS|2.5|2|6g|std|6gn|6gn||
c6i|x86_64|nitro|Intel|3.5|2|6i|std|6i|6i||hibernate
c6id|x86_64|nitro|Intel|3.5|2|6i|std|6i|6i|large=118*1 xlarge=237*1 2xlarge=474*1 4xlarge=950*1 \
8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 24xlarge=1425*4 32xlarge=1900*4 metal=1900*4|\
hibernate
c6in|x86_64|nitro|Intel|3.5|2|6i|in6|6in|6in||
c7a|x86_64|nitro|AMD|3.7|2|7a|std|7a|7||hibernate single
c7g|arm64|nitro|AWS|2.6|2|6gm|std|7g|7g||
c7gd|arm64|nitro|AWS|2.6|2|6gm|std|7g|7g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=474*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 metal=1900*2|
c7gn|arm64|nitro|AWS|2.6|2|6gm|std|7gn|7g||
c7i|x86_64|nitro|Intel|3.2|2|7i|std|7a|7||hibernate
c7i-flex|x86_64|nitro|Intel|3.2|2|flex|std|flex7|7||hibernate
c8a|x86_64|nitro|AMD|4.5|2|8g|a8|8|8||single
c8g|arm64|nitro|AWS|2.8|2|8g|std|8g|7g||
c8gd|arm64|nitro|AWS|2.8|2|8g|std|8g|7g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=474*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=950*3 16xlarge=1900*2 24xlarge=1900*3 48xlarge=1900*6 \
metal-24xl=1900*3 metal-48xl=1900*6|
c8gn|arm64|nitro|AWS|2.8|2|8g|gn8|7gn|7g||
c8i|x86_64|nitro|Intel|3.9|2|8i|i8|8|8||
c8i-flex|x86_64|nitro|Intel|3.9|2|flex|i8|flex8|8||
r3|x86_64|xen|Intel|2.5|7.625|large=2/15 xlarge=4/30.5 2xlarge 4xlarge 8xlarge|old|old3|none|\
large=32*1 xlarge=80*1 2xlarge=160*1 4xlarge=320*1 8xlarge=320*2|old hibernate
r4|x86_64|xen|Intel|2.3|7.625|large=2/15.25 xlarge=4/30.5 2xlarge 4xlarge 8xlarge 16xlarge|\
std|r4|r4||hibernate
r5|x86_64|nitro|Intel|3.1|8|5m|std|5|5||hibernate
r5a|x86_64|nitro|AMD|2.5|8|5|std|5a|5a||hibernate
r5ad|x86_64|nitro|AMD|2.5|8|5|std|5a|5a|large=75*1 xlarge=150*1 2xlarge=300*1 4xlarge=300*2 \
8xlarge=600*2 12xlarge=900*2 16xlarge=600*4 24xlarge=900*4|hibernate
r5b|x86_64|nitro|Intel|3.1|8|5m|std|5|5b||
r5d|x86_64|nitro|Intel|3.1|8|5m|std|5|5|large=75*1 xlarge=150*1 2xlarge=300*1 4xlarge=300*2 \
8xlarge=600*2 12xlarge=900*2 16xlarge=600*4 24xlarge=900*4 metal=900*4|hibernate
r5n|x86_64|nitro|Intel|3.1|8|5m|std|5n|5||
r5dn|x86_64|nitro|Intel|3.1|8|5m|std|5n|5|large=75*1 xlarge=150*1 2xlarge=300*1 4xlarge=300*2 \
8xlarge=600*2 12xlarge=900*2 16xlarge=600*4 24xlarge=900*4 metal=900*4|
r6a|x86_64|nitro|AMD|3.6|8|6a|std|6i|6i||hibernate
r6g|arm64|nitro|AWS|2.5|8|6gm|std|6g|6g||
r6gd|arm64|nitro|AWS|2.5|8|6gm|std|6g|6g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=474*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 metal=1900*2|
r6i|x86_64|nitro|Intel|3.5|8|6i|std|6i|6i||hibernate
r6id|x86_64|nitro|Intel|3.5|8|6i|std|6i|6i|large=118*1 xlarge=237*1 2xlarge=474*1 4xlarge=950*1 \
8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 24xlarge=1425*4 32xlarge=1900*4 metal=1900*4|\
hibernate
r6in|x86_64|nitro|Intel|3.5|8|6i|in6|6in|6in||
r6idn|x86_64|nitro|Intel|3.5|8|6i|in6|6in|6in|large=118*1 xlarge=237*1 2xlarge=474*1 4xlarge=950*1 \
8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 24xlarge=1425*4 32xlarge=1900*4 metal=1900*4|
r7a|x86_64|nitro|AMD|3.7|8|7a|std|7a|7||hibernate single
r7g|arm64|nitro|AWS|2.6|8|6gm|std|7g|7g||
r7gd|arm64|nitro|AWS|2.6|8|6gm|std|7g|7g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=474*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 metal=1900*2|
r7i|x86_64|nitro|Intel|3.2|8|7i|std|7a|7||hibernate
r7iz|x86_64|nitro|Intel|3.9|8|large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 32xlarge \
metal-16xl metal-32xl|std|iz|7||hibernate
r8a|x86_64|nitro|AMD|4.5|8|8g|a8|8|8||single
r8g|arm64|nitro|AWS|2.8|8|8g|std|8g|7g||
r8gd|arm64|nitro|AWS|2.8|8|8g|std|8g|7g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=474*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=950*3 16xlarge=1900*2 24xlarge=1900*3 48xlarge=1900*6 \
metal-24xl=1900*3 metal-48xl=1900*6|
r8gn|arm64|nitro|AWS|2.8|8|8g|gn8|7gn|7g||
r8i|x86_64|nitro|Intel|3.9|8|8i|i8|8|8||
r8i-flex|x86_64|nitro|Intel|3.9|8|flex|i8|flex8|8||
x1|x86_64|xen|Intel|2.3|15.25|16xlarge 32xlarge|x1|x1|4|16xlarge=1920*1 32xlarge=1920*2|
x1e|x86_64|xen|Intel|2.3|30.5|xlarge 2xlarge 4xlarge 8xlarge 16xlarge 32xlarge|x1|x1|x1e|\
xlarge=120*1 2xlarge=240*1 4xlarge=480*1 8xlarge=960*1 16xlarge=1920*1 32xlarge=1920*2|
x2gd|arm64|nitro|AWS|2.5|16|6gm|std|6g|6g|medium=59*1 large=118*1 xlarge=237*1 2xlarge=475*1 \
4xlarge=950*1 8xlarge=1900*1 12xlarge=1425*2 16xlarge=1900*2 metal=1900*2|
x2idn|x86_64|nitro|Intel|3.5|16|16xlarge 24xlarge 32xlarge metal=128|std|x2|6in|\
16xlarge=1900*1 24xlarge=1425*2 32xlarge=1900*2 metal=1900*2|
x2iedn|x86_64|nitro|Intel|3.5|32|xlarge 2xlarge 4xlarge 8xlarge 16xlarge 24xlarge 32xlarge \
metal=128|std|x2|6in|xlarge=118*1 2xlarge=237*1 4xlarge=475*1 8xlarge=950*1 16xlarge=1900*1 \
24xlarge=1425*2 32xlarge=1900*2 metal=1900*2|
x8g|arm64|nitro|AWS|2.8|16|8g|std|8g|7g||
z1d|x86_64|nitro|Intel|4|8|zn|zn|r4|5|large=75*1 xlarge=150*1 2xlarge=300*1 3xlarge=450*1 \
6xlarge=900*1 12xlarge=900*2 metal=900*2|
u-3tb1|x86_64|nitro|Intel|2.1|13.714|56xlarge=224/3072|old3|u|u||
u-6tb1|x86_64|nitro|Intel|2.1|13.714|56xlarge=224/6144 112xlarge=448/6144|std|u|u||
d2|x86_64|xen|Intel|2.4|7.625|xlarge=4/30.5 2xlarge 4xlarge 8xlarge=36/244|old|old3|4|\
xlarge=2048*3 2xlarge=2048*6 4xlarge=2048*12 8xlarge=2048*24|hdd
d3|x86_64|nitro|Intel|3.1|8|xlarge 2xlarge 4xlarge 8xlarge|d3|d3|r4|\
xlarge=1980*3 2xlarge=1980*6 4xlarge=1980*12 8xlarge=1980*24|hdd
d3en|x86_64|nitro|Intel|3.1|4|xlarge 2xlarge 4xlarge 6xlarge 8xlarge 12xlarge|d3en|d3en|5|\
xlarge=13980*2 2xlarge=13980*4 4xlarge=13980*8 6xlarge=13980*12 8xlarge=13980*16 \
12xlarge=13980*24|hdd
h1|x86_64|xen|Intel|2.3|4|2xlarge 4xlarge 8xlarge 16xlarge|h1|r4|r4|\
2xlarge=2000*1 4xlarge=2000*2 8xlarge=2000*4 16xlarge=2000*8|hdd
i2|x86_64|xen|Intel|2.5|7.625|xlarge=4/30.5 2xlarge 4xlarge 8xlarge|old|old3|none|\
xlarge=800*1 2xlarge=800*2 4xlarge=800*4 8xlarge=800*8|old
i3|x86_64|xen|Intel|2.3|7.625|large=2/15.25 xlarge=4/30.5 2xlarge 4xlarge 8xlarge 16xlarge|\
std|r4|r4|large=475*1 xlarge=950*1 2xlarge=1900*1 4xlarge=1900*2 8xlarge=1900*4 16xlarge=1900*8|\
hibernate
i3en|x86_64|nitro|Intel|3.1|8|large xlarge 2xlarge 3xlarge 6xlarge 12xlarge 24xlarge metal=96|\
std|i3en|5|large=1250*1 xlarge=2500*1 2xlarge=2500*2 3xlarge=7500*1 6xlarge=7500*2 \
12xlarge=7500*4 24xlarge=7500*8 metal=7500*8|
i4g|arm64|nitro|AWS|2.5|8|large xlarge 2xlarge 4xlarge 8xlarge 16xlarge|std|i4i|6gn|\
large=468*1 xlarge=937*1 2xlarge=1875*1 4xlarge=3750*1 8xlarge=3750*2 16xlarge=3750*4|
i4i|x86_64|nitro|Intel|3.5|8|large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge=96/768\
 32xlarge metal=128|i4i|i4i|6i|large=468*1 xlarge=937*1 2xlarge=1875*1 4xlarge=3750*1 \
8xlarge=3750*2 12xlarge=3750*3 16xlarge=3750*4 24xlarge=3750*6 32xlarge=3750*8 metal=3750*8|
i7i|x86_64|nitro|Intel|3.2|8|7i|std|i7i|7|large=468*1 xlarge=937*1 2xlarge=1875*1 4xlarge=3750*1 \
8xlarge=3750*2 12xlarge=3750*3 16xlarge=3750*4 24xlarge=3750*6 48xlarge=3750*12 \
metal-24xl=3750*6 metal-48xl=3750*12|
i7ie|x86_64|nitro|Intel|3.2|8|large xlarge 2xlarge 3xlarge 6xlarge 12xlarge 18xlarge 24xlarge \
48xlarge metal-24xl metal-48xl|i7ie|i7ie|5|large=1250*1 xlarge=2500*1 2xlarge=2500*2 \
3xlarge=7500*1 6xlarge=7500*2 12xlarge=7500*4 18xlarge=7500*6 24xlarge=7500*8 48xlarge=7500*16 \
metal-24xl=7500*8 metal-48xl=7500*16|
i8g|arm64|nitro|AWS|2.8|8|large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge \
metal-24xl|std|i7i|7g|large=468*1 xlarge=937*1 2xlarge=1875*1 4xlarge=3750*1 8xlarge=3750*2 \
12xlarge=3750*3 16xlarge=3750*4 24xlarge=3750*6 48xlarge=3750*12 metal-24xl=3750*6|
im4gn|arm64|nitro|AWS|2.5|4|large xlarge 2xlarge 4xlarge 8xlarge 16xlarge|std|im4|6gn|\
large=937*1 xlarge=1875*1 2xlarge=3750*1 4xlarge=7500*1 8xlarge=7500*2 16xlarge=7500*4|
is4gen|arm64|nitro|AWS|2.5|6|medium large xlarge 2xlarge 4xlarge 8xlarge|std|im4|6gn|\
medium=937*1 large=1875*1 xlarge=3750*1 2xlarge=7500*1 4xlarge=7500*2 8xlarge=7500*4|
f2|x86_64|nitro|AMD|3.7|10.667|6xlarge=24/256 12xlarge=48/512 48xlarge=192/2048|std|f2|7|\
6xlarge=940*1 12xlarge=940*2 48xlarge=940*8|fpga
g4dn|x86_64|nitro|Intel|2.5|4|xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge metal=96|g4dn|g4dn|\
g4|xlarge=125*1 2xlarge=225*1 4xlarge=225*1 8xlarge=900*1 12xlarge=900*1 16xlarge=900*1 \
metal=900*2|T4/NVIDIA/16384:12xlarge=4,metal=8
g4ad|x86_64|nitro|AMD|3|4|xlarge 2xlarge 4xlarge 8xlarge 16xlarge|g4ad|g4ad|g4|xlarge=150*1 \
2xlarge=300*1 4xlarge=600*1 8xlarge=1200*1 16xlarge=1200*2|\
Radeon_Pro_V520/AMD/8192:8xlarge=2,16xlarge=4
g5|x86_64|nitro|AMD|3.3|4|xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge|g5|g5|\
g5|xlarge=250*1 2xlarge=450*1 4xlarge=600*1 8xlarge=900*1 12xlarge=3800*1 16xlarge=1900*1 \
24xlarge=3800*1 48xlarge=3800*2|A10G/NVIDIA/24576:12xlarge=4,24xlarge=4,48xlarge=8
g5g|arm64|nitro|AWS|2.5|2|xlarge 2xlarge 4xlarge 8xlarge 16xlarge metal=64|std|6g|6g||\
T4g/NVIDIA/16384:16xlarge=2,metal=2
g6|x86_64|nitro|AMD|3.4|4|xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge|g6|g5|\
g6|xlarge=250*1 2xlarge=450*1 4xlarge=600*1 8xlarge=450*2 12xlarge=940*4 16xlarge=940*2 \
24xlarge=940*4 48xlarge=940*8|L4/NVIDIA/22888:12xlarge=4,24xlarge=4,48xlarge=8
g6e|x86_64|nitro|AMD|3.4|8|xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge|g6e|\
g6e|g6|xlarge=250*1 2xlarge=450*1 4xlarge=600*1 8xlarge=450*2 12xlarge=1900*2 16xlarge=950*2 \
24xlarge=1900*2 48xlarge=1900*4|L40S/NVIDIA/45776:12xlarge=4,24xlarge=4,48xlarge=8
inf1|x86_64|nitro|Intel|3.5|2|xlarge 2xlarge 6xlarge 24xlarge|inf1|inf1|inf||\
Inferentia/AWS/8192:6xlarge=4,24xlarge=16
inf2|x86_64|nitro|AMD|3.6|4|xlarge 8xlarge 24xlarge 48xlarge|std|inf2|inf||\
Inferentia2/AWS/32768:24xlarge=6,48xlarge=12
p3|x86_64|xen|Intel|2.7|7.625|2xlarge 8xlarge 16xlarge|p|p3|p||\
V100/NVIDIA/16384:8xlarge=4,16xlarge=8
p3dn|x86_64|nitro|Intel|3.1|8|24xlarge=96/768|p|p3|p|24xlarge=900*2|V100/NVIDIA/32768:24xlarge=8
p4d|x86_64|nitro|Intel|3|12|24xlarge=96/1152|p4|p4|p|24xlarge=1000*8|A100/NVIDIA/40960:24xlarge=8
p4de|x86_64|nitro|Intel|3|12|24xlarge=96/1152|p4|p4|p|24xlarge=1000*8|A100/NVIDIA/81920:24xlarge=8
p5|x86_64|nitro|AMD|3.6|10.667|4xlarge=16/256 48xlarge=192/2048|p5|p5|p|\
4xlarge=3840*1 48xlarge=3840*8|H100/NVIDIA/81920:48xlarge=8
trn1|x86_64|nitro|Intel|3.5|4|2xlarge=8/32 32xlarge=128/512|trn|trn1|p|\
2xlarge=474*1 32xlarge=1900*4|Trainium/AWS/32768:32xlarge=16
dl1|x86_64|nitro|Intel|3|8|24xlarge=96/768|std|dl|p|24xlarge=1000*4|\
Gaudi_HL-205/Habana/32768:24xlarge=8
hpc6a|x86_64|nitro|AMD|3.6|4|48xlarge=96/384|hpc|hpc6a|hpc||single
hpc6id|x86_64|nitro|Intel|3.5|16|32xlarge=64/1024|hpc|hpc|hpc|32xlarge=3800*4|single
hpc7a|x86_64|nitro|AMD|3.7|4|12xlarge=24/768 24xlarge=48/768 48xlarge=96/768 96xlarge=192/768|\
hpc|hpc|hpc||single
hpc7g|arm64|nitro|AWS|2.6|2|4xlarge=16/128 8xlarge=32/128 16xlarge=64/128|hpc|hpc|hpc||single
"""
