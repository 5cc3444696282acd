"""Every network that classifies pictures, by name: also the backbones to choose from."""

from . import (
    alexnet,
    convnet,
    densenet,
    inception,
    inception_resnet,
    lecun1989,
    lenet,
    mobilenet,
    resnet,
    resnext,
    squeezenet,
    vgg,
    xception,
)
from .network import Network

NETWORKS: dict[str, Network] = {
    **lecun1989.NETWORKS,
    **lenet.NETWORKS,
    **convnet.NETWORKS,
    **alexnet.NETWORKS,
    **vgg.NETWORKS,
    **inception.NETWORKS,
    **inception_resnet.NETWORKS,
    **resnet.NETWORKS,
    **resnext.NETWORKS,
    **densenet.NETWORKS,
    **xception.NETWORKS,
    **mobilenet.NETWORKS,
    **squeezenet.NETWORKS,
}
